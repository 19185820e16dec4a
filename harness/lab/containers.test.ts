import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { until } from '../clock/until.ts';
import { engineForTests, whyNoEngine } from '../driver/docker/engine-for-tests.ts';

// A register of its own: what `gc` removes below is this test's alone.
const STATE = mkdtempSync(path.join(tmpdir(), 'onevip-state-'));
process.env.ONEVIP_STATE = STATE;
const { list } = await import('../driver/registry.ts');
const { cgroupPath } = await import('../driver/cgroup.ts');
const { Lab } = await import('./lab.ts');
const { collectGarbage } = await import('./gc.ts');
const { driverNamed } = await import('../driver/drivers.ts');
const { findImage, HOST_IMAGE } = await import('../driver/docker/image.ts');
const { openEngine } = await import('../driver/docker/engine.ts');
const { containersOf, startContainer } = await import('../driver/docker/containers.ts');
const { LABELS } = await import('../driver/docker/specification.ts');

const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const why = whyNoEngine();
const skip = why ?? false;
const NAME = `docker${process.pid}`;

const onevip = (...words: string[]) =>
  execa(process.execPath, [CLI, ...words], { env: { ONEVIP_STATE: STATE }, reject: false });

/** What is there of a lab of that name. */
async function remains(lab: string) {
  const engine = await openEngine();
  return {
    containers: (await containersOf(engine, { register: STATE })).filter((found) => found.lab === lab).length,
    namespaces: readdirSync('/run/netns').filter((name) => name.startsWith(`ov-${lab}.`)).length,
    groups: [cgroupPath(lab)].filter(existsSync).length,
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`${STATE}/${lab}/`)).length,
    folders: list().labs.filter(({ name }) => name === lab).length,
  };
}
const NOTHING = { containers: 0, namespaces: 0, groups: 0, mounts: 0, folders: 0 };

if (!skip) {
  const engine = await engineForTests();
  process.env.DOCKER_HOST = engine.address;
  t.after(async () => {
    for (const lab of list().labs) await driverNamed(lab.driver).unmake(lab);
    await engine.end();
    rmSync(STATE, { recursive: true });
  });
}

/** The lab that `up` has made, and that the tests below look at. */
const standing = () => {
  const state = list().labs.find(({ name }) => name === NAME);
  if (!state) throw new Error('the lab is not up');
  return new Lab(state);
};

t.test('up makes a lab of containers that serves', { skip }, async (t) => {
  const up = await onevip('up', 'invention', '--driver', 'docker', '--name', NAME);
  t.equal(up.exitCode, 0, up.stderr);
  t.match(up.stdout, `up ${NAME} (invention`);
  t.equal(standing().state.driver, 'docker');
  const { containers, namespaces } = await remains(NAME);
  t.same([containers, namespaces], [2 * standing().plan.nodes.length, standing().plan.nodes.length + 4]);
});

t.test('a program on a node is in its container, with no more rights than that has', { skip }, async (t) => {
  const { stdout } = await standing().node('server1').run(['sh', '-c', 'grep CapEff /proc/self/status; echo $$; ls /']);
  const [capabilities = '', pid = ''] = stdout.split('\n');
  t.equal(
    Number.parseInt(capabilities.split('\t')[1] ?? '', 16),
    2 ** 10 + 2 ** 12 + 2 ** 13,
    'NET_BIND_SERVICE, NET_ADMIN, NET_RAW',
  );
  t.ok(Number(pid) < 1000, `its processes have numbers of their own: ${pid}`);
  t.notMatch(stdout, /lost\+found|home/, 'it has another root');
  const written = await standing().node('server1').run(['sh', '-c', 'echo 1 >/usr/onevip-test']);
  t.match(written.stderr, /Read-only file system/);
});

t.test('a node whose power was lost comes back with its links, addresses and filters', { skip }, async (t) => {
  const lab = standing();
  const node = lab.node('fw1');
  const looks = ['ip -o address', 'ip route', 'iptables-save | grep -v "^[#:]"'];
  const look = async () =>
    Promise.all(
      looks.map(async (words) => (await node.runBeside(['sh', '-c', words])).stdout.replaceAll(/\[\d+:\d+\]/g, '')),
    );
  const before = (await look()).map((text) => text.split('\n').filter((line) => !line.includes('vrrp.')));
  t.ok(node.processes().length > 0);
  await node.freeze();
  await node.killAll();
  t.same(node.processes(), [], 'nothing runs any more');
  const after = (await look()).map((text) => text.split('\n').filter((line) => !line.includes('vrrp.')));
  t.same(after, before);
  t.equal((await node.run(['true'])).exitCode, 0, 'and something else can run');
});

t.test('down removes all of it', { skip }, async (t) => {
  const down = await onevip('down', NAME);
  t.equal(down.exitCode, 0, down.stderr);
  t.same(await remains(NAME), NOTHING);
});

t.test('a suite passes on a lab of containers', { skip, timeout: 120_000 }, async (t) => {
  const run = await onevip('conformance', 'addresses', '--topology', 'invention', '--driver', 'docker');
  t.equal(run.exitCode, 0, run.stdout + run.stderr);
  t.match(run.stdout, /\n[1-9]\d* passed, 0 failed, 0 unknown, \d+ skipped\n/);
});

t.test(
  'whenever the making of a lab is killed, gc leaves nothing of it, and the name can be had again',
  { skip, timeout: 120_000 },
  async (t) => {
    const lab = `${NAME}-killed`;
    for (const afterMs of [0, 100, 300, 700, 1200]) {
      const child = spawn(
        process.execPath,
        [CLI, 'up', 'invention', '--servers', '1', '--driver', 'docker', '--name', lab],
        {
          stdio: 'ignore',
          env: { ...process.env, ONEVIP_STATE: STATE },
        },
      );
      await until(() => existsSync(path.join(STATE, lab, 'lab.json')), {
        what: `${lab} begins`,
        withinMs: 20_000,
        everyMs: 2,
      });
      // The moment is what is tried, and no condition.
      await pause(afterMs);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const left = await remains(lab);
      await collectGarbage();
      // What the engine had been asked for appears when it likes.
      const isGone = async () => {
        await collectGarbage();
        return JSON.stringify(await remains(lab)) === JSON.stringify(NOTHING);
      };
      await until(isGone, { what: 'nothing is left', withinMs: 5000, everyMs: 200 });
      t.same(await remains(lab), NOTHING, `killed after ${afterMs} ms, which left ${JSON.stringify(left)}`);
    }
    const up = await onevip('up', 'invention', '--servers', '1', '--driver', 'docker', '--name', lab);
    t.equal(up.exitCode, 0, up.stderr);
    t.equal((await onevip('down', lab)).exitCode, 0);
  },
);

t.test(
  'a container of a lab that nobody knows any more is removed by gc; one that is not ours is not',
  { skip },
  async (t) => {
    const engine = await openEngine();
    const { name: Image } = await findImage(engine, HOST_IMAGE);
    const idle = { Image, Cmd: ['sleep', '60'], HostConfig: { NetworkMode: 'none', Binds: ['/usr:/usr:ro'] } };
    const stray = `${NAME}-stray`;
    await startContainer(engine, { ...idle, Labels: { [LABELS.lab]: stray, [LABELS.register]: STATE } });
    const other = await startContainer(engine, {
      ...idle,
      Labels: { [LABELS.lab]: stray, [LABELS.register]: '/elsewhere' },
    });
    t.teardown(() => engine.docker.getContainer(other.id).remove({ force: true }));
    t.same((await collectGarbage()).labs, [stray]);
    t.equal((await engine.docker.getContainer(other.id).inspect()).State.Running, true);
  },
);

t.test('a lab whose engine went away can be removed', { skip, timeout: 60_000 }, async (t) => {
  const lab = `${NAME}-gone`;
  const up = await onevip('up', 'invention', '--servers', '1', '--driver', 'docker', '--name', lab);
  t.equal(up.exitCode, 0, up.stderr);
  const engineFile = path.join(STATE, lab, 'engine');
  const [state] = list().labs;
  const processes = state ? new Lab(state).node('nlb1').processes() : [];
  t.ok(processes.length > 0);
  execFileSync('sh', ['-c', `printf unix:///nowhere >${engineFile}`]);
  const down = await execa(process.execPath, [CLI, 'down', lab], {
    env: { ONEVIP_STATE: STATE, DOCKER_HOST: 'unix:///nowhere' },
    reject: false,
  });
  t.equal(down.exitCode, 0, down.stderr);
  for (const { id } of processes) t.notOk(existsSync(`/proc/${id}`), 'its programs have ended');
  t.match(await remains(lab), { namespaces: 0, groups: 0, mounts: 0, folders: 0 });
  t.same((await collectGarbage()).labs, [lab], 'and once the engine is back, gc removes its containers');
  t.same(await remains(lab), NOTHING);
});

t.test('without the image nothing is made, and what to do is said', { skip }, async (t) => {
  const up = await execa(process.execPath, [CLI, 'up', '--driver', 'docker', '--name', `${NAME}-no`], {
    env: { ONEVIP_STATE: STATE, ONEVIP_IMAGE: 'onevip-there-is-none' },
    reject: false,
  });
  t.equal(up.exitCode, 3);
  t.match(up.stderr, /no lab can be made with docker: .* has no image onevip-there-is-none.*docker build -t/);
  t.same(await remains(`${NAME}-no`), NOTHING);
});
