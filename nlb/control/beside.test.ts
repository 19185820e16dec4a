import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openAddressEvents } from '../kernel/address-events.ts';
import { openArp } from '../kernel/arp.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from '../kernel/private-namespaces.ts';

enterPrivateNamespaces(import.meta.url);

/** A node without a peer, and what stands beside its daemon: other interfaces, other daemons, other people's files. */
t.setTimeout(60_000);
const [NLBS, CLUSTER, OWN, FAR] = ['10.77.1.100', '203.0.113.10', '192.0.2.1', '192.0.2.2'];
const folder = mkdtempSync(join(tmpdir(), 'nlb-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const bin = join(import.meta.dirname, '../bin');

// Seen by this test alone, as the mount namespace is private.
run('mount -t bpf bpf /sys/fs/bpf');
run('ip link set lo up');
for (const device of ['access', 'server', 'mgmt']) {
  run(`ip link add ${device} type veth peer name ${device}-far`);
  for (const each of [device, `${device}-far`]) run(`ip link set ${each} up`);
}
// A node that hears nobody does not lead: a server answers ARP, in a namespace of its own.
const farm = await openNamespace();
t.teardown(() => farm.close());
run(`ip link set server-far netns ${farm.pid}`);
farm.run('ip link set server-far up');
farm.run('ip addr add 10.77.2.21/24 dev server-far');
run('ip addr add 10.77.1.11/24 dev access');
run('ip addr add 10.77.2.11/24 dev server');
run(`ip addr add ${OWN}/24 dev mgmt`);

function configOf(name: string): { config: string; socket: string } {
  const [config, socket] = [join(folder, `${name}.yaml`), join(folder, `${name}.sock`)];
  writeFileSync(
    config,
    `node: ${name}
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: ${NLBS}
peer: { name: peer, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { intervalMs: 50, leaseMs: 400, deadAfterMs: 500, insecure: true }
clusterAddresses: [${CLUSTER}]
servers: [{ name: server1, address: 10.77.2.21 }]
services: [{ name: http, address: ${CLUSTER}, protocol: tcp, port: 80 }]
datapath: { pinDirectory: /sys/fs/bpf/${name} }
control: { socket: ${socket} }
`,
  );
  return { config, socket };
}

const { config, socket } = configOf('nlb1');
const second = configOf('second');

function start(...options: string[]): ChildProcess {
  const child = spawn(join(bin, 'nlbd'), ['--config', config, ...options], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

interface NodeStatus {
  state: string;
  refusedAddresses: string[];
  corrections: { change: string; address: string; interface: string; count: number }[];
}

/** What the daemon says of itself; undefined where none answers. */
function status(): NodeStatus | undefined {
  const { status: code, stdout } = spawnSync(join(bin, 'nlbctl'), ['--socket', socket, 'status', '--json'], {
    encoding: 'utf8',
  });
  return code === 0 ? (JSON.parse(stdout) as NodeStatus) : undefined;
}

const state = () => status()?.state;
const leads = () => until(() => state() === 'active', 'a lone node leads');
const hasAlias = () => run('ip -o -4 addr show dev access').includes(`${NLBS}/32`);

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return ((await exit) as [number | null])[0];
}

/** For which of the addresses a station on the management network gets an answer; its own is always there, and last. */
async function answered(): Promise<string[]> {
  const far = findInterface('mgmt-far');
  if (!far) throw new Error('no mgmt-far');
  const asker = openArp(far.ifindex);
  for (const address of [NLBS, CLUSTER, OWN]) asker.ask(address, FAR, far.mac);
  const answers: string[] = [];
  await until(() => {
    answers.push(...asker.receive().flatMap(({ operation, senderIp }) => (operation === 'reply' ? [senderIp] : [])));
    return answers.includes(OWN);
  }, 'the node is reached by its own address');
  asker.close();
  return answers;
}

let daemon: ChildProcess;

t.test('a management interface answers for nothing of ours', async (t) => {
  daemon = start();
  await leads();
  t.ok(hasAlias());
  t.same(await answered(), [OWN]);
  run('nft flush ruleset');
  await until(() => run('nft list ruleset').includes(CLUSTER), 'what somebody else took away is put again');
  t.same(await answered(), [OWN]);
});

t.test('an alias with a label that is not ours gets ours', async (t) => {
  writeFileSync(join(folder, 'batch'), `addr del ${NLBS}/32 dev access\naddr add ${NLBS}/32 dev access\n`);
  run(`ip -batch ${join(folder, 'batch')}`);
  await until(() => /100\/32 scope global access:nlbs/.test(run('ip -o -4 addr show dev access')), 'the label is ours');
  const back = { change: 'put back', address: `${NLBS}/32`, interface: 'access', count: 1 };
  t.match(status()?.corrections, [{ ...back, change: 'taken off' }, back]);
});

t.test('what cannot be put right without harm stands against the node, until it can', async (t) => {
  const lines = ['flush dev access', `add ${NLBS}/24 dev access`, 'add 10.77.1.11/24 dev access'];
  writeFileSync(join(folder, 'batch'), lines.map((line) => `addr ${line}\n`).join(''));
  run(`ip -batch ${join(folder, 'batch')}`);
  await until(() => status()?.refusedAddresses.includes(NLBS) === true, 'the status names the address');
  t.ok(hasAlias(), 'the alias itself is back all the same');
  t.match(run('ip -o -4 addr show dev access'), '10.77.1.11/24', 'and the own address stays');
  t.equal(state(), 'active', 'a lone node leads on');
  writeFileSync('/proc/sys/net/ipv4/conf/access/promote_secondaries', '1');
  await until(() => status()?.refusedAddresses.length === 0, 'nothing stands against it any more');
  t.notMatch(run('ip -o -4 addr show dev access'), `${NLBS}/24`);
  t.match(run('ip -o -4 addr show dev access'), '10.77.1.11/24');
});

t.test('a second daemon on the access interface is refused with the pid of the first, whose alias stays', async (t) => {
  const events = openAddressEvents();
  t.teardown(events.close);
  const refused = spawnSync(join(bin, 'nlbd'), ['--config', second.config], { encoding: 'utf8', timeout: 20_000 });
  t.match(refused, { status: 69, stderr: `process ${daemon.pid} holds the interface access` });
  t.same(events.take().events, []);
  t.equal(state(), 'active');
});

t.test('a daemon that was killed is followed at once by its successor, as is one that keeps', async (t) => {
  const killed = ended(daemon, 'SIGKILL');
  daemon = start('--keep');
  await killed;
  await leads();
  t.same(await answered(), [OWN]);
  t.equal(await ended(daemon, 'SIGTERM'), 0);
  t.ok(hasAlias(), 'what is kept');
  t.same(await answered(), [OWN], 'so is what keeps it from other interfaces');
  daemon = start();
  await leads();
});

t.test('what stands at the path of the control socket and is not ours stays there', async (t) => {
  t.equal(await ended(daemon, 'SIGTERM'), 0);
  writeFileSync(socket, 'mine');
  const refused = spawnSync(join(bin, 'nlbd'), ['--config', config], { encoding: 'utf8', timeout: 20_000 });
  t.match(refused, { status: 69, stderr: `the control socket ${socket} is a file, which is left alone` });
  t.equal(readFileSync(socket, 'utf8'), 'mine');
});

t.test('nothing is left behind', async (t) => {
  t.equal(run('nft list ruleset'), '');
  t.equal(hasAlias(), false);
  t.notMatch(run('ip -o -4 addr show dev lo'), CLUSTER);
  t.same(await answered(), [OWN]);
});
