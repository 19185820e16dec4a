import { statSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { beginContainerTests } from '../driver/docker/labs-for-tests.ts';

const { state: STATE, skip } = await beginContainerTests(t);
const { list } = await import('../driver/registry.ts');
const { Lab } = await import('./lab.ts');
const { NOTHING, remainsOf } = await import('../driver/docker/remains-for-tests.ts');

const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const NAME = `docker${process.pid}`;

const onevip = (...words: string[]) =>
  execa(process.execPath, [CLI, ...words], { env: { ONEVIP_STATE: STATE }, reject: false });

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
  const { containers, namespaces } = await remainsOf(NAME);
  t.same([containers, namespaces], [2 * standing().plan.nodes.length, standing().plan.nodes.length + 4]);
});

t.test('a program on a node is in its container, with no more rights than that has', { skip }, async (t) => {
  const { stdout } = await standing()
    .node('server1')
    .run(['sh', '-c', 'grep CapEff /proc/self/status; echo $$; stat -c %d:%i /']);
  const [capabilities = '', pid = '', root = ''] = stdout.split('\n');
  t.equal(
    Number.parseInt(capabilities.split('\t')[1] ?? '', 16),
    2 ** 10 + 2 ** 12 + 2 ** 13,
    'NET_BIND_SERVICE, NET_ADMIN, NET_RAW',
  );
  t.ok(Number(pid) < 1000, `its processes have numbers of their own: ${pid}`);
  const { dev, ino } = statSync('/');
  t.match(root, /^\d+:\d+$/);
  t.not(root, `${dev}:${ino}`, 'it has another root');
  const networks = await standing().node('server1').run(['sh', '-c', 'readlink /proc/1/ns/net /proc/self/ns/net']);
  const [containers, programs] = networks.stdout.split('\n');
  t.match(containers, /^net:/);
  t.equal(programs, containers, 'and the network that is the container’s, too');
  const written = await standing().node('server1').run(['sh', '-c', 'echo 1 >/usr/onevip-test']);
  t.match(written.stderr, /Read-only file system/);
});

/** Both of a container that has just begun and of one that was started again. */
async function changesItsNetworkAlone(t: Test): Promise<void> {
  const node = standing().node('fw1');
  const write = (name: string) => node.run(['sh', '-c', `cat /proc/sys/${name} | tee /proc/sys/${name}`]);
  t.match(await write('net/ipv4/conf/all/arp_ignore'), { exitCode: 0 });
  t.match((await write('kernel/panic_on_oops')).stderr, /Read-only file system/);
}

t.test('a node can change the settings of its network, and no other', { skip }, changesItsNetworkAlone);

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
  await changesItsNetworkAlone(t);
});

t.test('down removes all of it', { skip }, async (t) => {
  const down = await onevip('down', NAME);
  t.equal(down.exitCode, 0, down.stderr);
  t.same(await remainsOf(NAME), NOTHING);
});

t.test('a suite passes on a lab of containers', { skip, timeout: 120_000 }, async (t) => {
  const run = await onevip('conformance', 'addresses', '--topology', 'invention', '--driver', 'docker');
  t.equal(run.exitCode, 0, run.stdout + run.stderr);
  t.match(run.stdout, /\n[1-9]\d* passed, 0 failed, 0 unknown, \d+ skipped$/);
});
