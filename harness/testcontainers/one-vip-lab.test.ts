import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { Wait } from 'testcontainers';
import { until } from '../clock/until.ts';
import { beginContainerTests } from '../driver/docker/labs-for-tests.ts';
import { loadPlan } from '../topology/load.ts';

const { state, skip } = await beginContainerTests(t);
process.env.TESTCONTAINERS_HOST_OVERRIDE = '127.0.0.1';
const { hostContainer, OneVipLab } = await import('./index.ts');
const { whyNot } = await import('./own-containers.ts');
const { NOTHING, remainsOf } = await import('../driver/docker/remains-for-tests.ts');

const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path /tmp/${kind};`);
const CONFIGURATION = `user root; daemon off; pid /tmp/pid; error_log stderr notice; events {}
http { access_log off; ${temporary.join(' ')} server { listen 80; return 200 "one of my own\\n"; } }`;

const nginx = () =>
  hostContainer()
    .withCopyContentToContainer([{ target: '/etc/nginx.conf', content: CONFIGURATION }])
    .withCommand(['nginx', '-c', '/etc/nginx.conf'])
    .withWaitStrategy(Wait.forLogMessage(/start worker process/));

t.test('settings that no lab can have are refused before anything is made, all at once', async (t) => {
  const container = hostContainer();
  const lab = new OneVipLab('invention')
    .withName('No Name')
    .withServer('server1', container)
    .withServer('server9', container)
    .withServices('http', 'gopher');
  await t.rejects(lab.start(), {
    message:
      /^this lab cannot be made: "No Name" cannot name a lab.*; the topology invention has no server server9; it has server1, server2, server3; .* no service gopher; it has http, echo, echo-udp; one container cannot be two servers/,
  });
  await t.rejects(new OneVipLab('nowhere').start(), { message: /no topology "nowhere"/ });
});

t.test('why a container does not start is said with what to do about it', async (t) => {
  t.match(whyNot(new Error('Could not find a working container runtime strategy')), /TESTCONTAINERS_HOST_OVERRIDE=127/);
  t.match(whyNot(new Error('(HTTP code 404) no such container - No such container: ov-x')), /in DOCKER_HOST$/);
  t.equal(whyNot(new Error('no space')), 'no space');
});

t.test('a container of one’s own is a node as any other', { skip, timeout: 120_000 }, async (t) => {
  const lab = await new OneVipLab().withServerCount(2).withServices('http').withServer('server1', nginx()).start();
  const [mine, theirs] = [lab.getNode('server1'), lab.getNode('server2')];
  try {
    await t.test('it has the server’s network, with the cluster address on its loopback', async (t) => {
      t.equal(mine.getAddress(), '10.77.2.21');
      const { stdout } = await mine.exec(['ip', '-4', '-oneline', 'address']);
      for (const held of ['203.0.113.10/32', `${mine.getAddress()}/24`]) t.ok(stdout.includes(held), held);
      t.equal((await mine.exec(['sh', '-c', 'exit 7'])).exitCode, 7);
      t.match(lab.getContainer('server1').getId(), /^[0-9a-f]{64}$/);
    });
    await t.test('another node is the lab’s own', async (t) => {
      t.match(await theirs.exec(['sh', '-c', 'echo out; exit 3']), { exitCode: 3, stdout: 'out' });
      t.throws(() => lab.getContainer('server2'), /withServer\('server2'/);
      t.throws(() => lab.getNode('server3'), /has no node server3/);
      t.throws(() => theirs.getAddress('wan'), { message: 'server2 is on server, not on wan' });
    });
    await t.test('the pair notices that it is killed and started again, also while it is frozen', async (t) => {
      t.same(await lab.getServing(), { http: ['server1', 'server2'] });
      await mine.freeze();
      await Promise.all([mine.kill(), theirs.kill()]);
      await lab.waitForServing([]);
      await Promise.all([mine.restart(), theirs.restart()]);
      await lab.waitForServing(['server1', 'server2']);
    });
    await t.test('a load balancer that is frozen leads no more', async (t) => {
      const { active, standby } = await lab.getPair();
      await active.freeze();
      await lab.waitForLeader(standby.getName());
      await active.thaw();
      const { active: leader } = await lab.getPair();
      t.equal(leader.getName(), standby.getName());
    });
    await t.test('what does not come true in time is said with what is so instead', async (t) => {
      await t.rejects(lab.waitForServing(['server1'], 100), {
        message:
          /in vain for: new connections go to server1; nlb1 sends http to server1, server2; nlb2 sends http to server1, server2$/,
      });
    });
    await t.test('its client connects by addresses alone, and only to what is there', async (t) => {
      t.throws(() => lab.getClient().connect(80, 'example.net'), /connect to an IPv4 address, not to "example.net"/);
      const [refused] = await once(lab.getClient().connect(9, lab.getNode('router').getAddress()), 'error');
      t.match(refused, { code: 'ECONNREFUSED' });
      const open = lab.getClient().connect(lab.getPort('http'));
      await once(open, 'connect');
      t.equal(open.localAddress, lab.getNode('client1').getAddress());
    });
  } finally {
    await lab.stop();
  }
  t.same(await remainsOf(lab.getName()), NOTHING, 'stop leaves nothing, with a connection open');
  await lab.stop();
});

t.test('a container that does not start leaves no lab', { skip, timeout: 60_000 }, async (t) => {
  const broken = hostContainer().withCommand(['no-such-program']);
  const lab = new OneVipLab().withName('broken').withServerCount(1).withServer('server1', broken);
  await t.rejects(lab.start(), { message: /^the container for server1 does not start: .*no-such-program/ });
  t.same(await remainsOf('broken'), NOTHING);
});

t.test('gc removes what a killed test left, containers of its own too', { skip, timeout: 120_000 }, async (t) => {
  const program = `
    import { hostContainer, OneVipLab } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
    const idle = hostContainer().withCommand(['sleep', '600']);
    await new OneVipLab().withName('killed').withServerCount(1).withServer('server1', idle).start();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' });
  t.teardown(() => child.kill('SIGKILL'));
  const isIn = () => child.exitCode === null && existsSync(path.join(state, 'killed/server1.container'));
  await until(isIn, { what: 'the container of its own is in the lab', withinMs: 60_000 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const left = await remainsOf('killed');
  t.equal(left.containers, 2 * loadPlan('invention', { servers: 1 }).nodes.length, 'the one of its own has its labels');
  const gc = await execa(process.execPath, [CLI, 'gc']);
  t.match(gc.stdout, /killed/);
  t.same(await remainsOf('killed'), NOTHING);
});
