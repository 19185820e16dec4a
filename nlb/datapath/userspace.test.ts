import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import t from 'tap';
import { xdpProgramOn } from '../kernel/bpf-link.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { enterPrivateNamespaces, run, until } from '../kernel/private-namespaces.ts';
import { lives } from '../kernel/process-identity.ts';
import { type Datapath, openDatapath } from './datapath.ts';
import { openLease, openPinnedLease } from './lease.ts';
import type { Tables } from './tables.ts';
import { bytesOf, CLUSTER_IP, IP, NLBS_IP, PEER_IP, TO_ALL, TO_US, UDP } from './test-frames.ts';
import {
  CLUSTER,
  hold,
  ifindexOf,
  MAC,
  makeInterfaces,
  NLBS,
  options,
  pinDirectory,
  swept,
  tables,
} from './test-rig.ts';
import { filterNameFor, placeFor } from './userspace/place.ts';
import { findForwarder } from './userspace/process.ts';
import { openEnds, summed } from './userspace/test-ends.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();
// As on a node that leads; its own stack would answer whatever gets to it.
run(`ip address add ${NLBS}/24 dev access`);
run('ip link set lo up');
// What XDP redirects into a veth is only received where the other end runs NAPI, which GRO switches on.
run('ethtool -K farm gro on');
run(`ip address add ${CLUSTER}/32 dev lo`);
run('ip route add default via 10.77.1.1 dev access');
run(`ip neighbour add 10.77.1.1 lladdr ${MAC.router} dev access`);
const ends = openEnds();
// What a test has not listened to is not to be heard by the next.
t.beforeEach(() => {
  for (const on of ['access', 'server'] as const) ends.heard(on);
});

type Scope = { teardown(act: () => void): void };
const HOUR_NS = 3_600_000_000_000n;

function open(t: Scope, directory = pinDirectory(t)): Datapath {
  const datapath = openDatapath({ ...options(directory), mode: 'userspace', first: tables() });
  t.teardown(() => datapath.remove());
  return datapath;
}

const forwarderIn = (directory: string) => findForwarder(placeFor(directory)) ?? { pid: 0, startedTicks: '' };
const DATAGRAM = bytesOf(`${TO_US} ${IP} ${UDP}`);
/** As it must leave: the addresses of the server and of our interface there, and every other octet as it came. */
const FORWARDED = `${MAC.server0}${MAC.server}`.replaceAll(':', '') + DATAGRAM.toString('hex', 12);
const REQUEST = '0806 0001 0800 06 04 0001 020000000011';
const [ASKER, NOBODY] = ['0a4d0101', '000000000000'];
const ask = (sender: string, target: string, to = TO_ALL): Buffer =>
  bytesOf(`${to} ${REQUEST} ${sender} ${NOBODY} ${target}`);
const answerTo = (sender: string): string =>
  bytesOf(
    `020000000011 020000000001 0806 0001 0800 06 04 0002 020000000001 ${NLBS_IP} 020000000011 ${sender}`,
  ).toString('hex');

const MOST_WAITING = 500;
const counted = (datapath: Datapath): number =>
  Number(Object.values(datapath.outcomes()).reduce((sum, { packets }) => sum + packets, 0n));

/** Once the forwarder has dealt with a frame that was sent after the others, it has dealt with those. */
async function dealtWith(datapath: Datapath): Promise<void> {
  const count = (): bigint => datapath.outcomes().DROPPED_NOT_SERVED.packets;
  const before = count();
  ends.send(bytesOf(`${TO_US} ${IP} 3039 0036 0010 0000 6f6e65766970 3131`));
  await until(() => count() > before, 'the last frame');
}

t.test('the forwarder sends on while the lease holds, with nobody awake, and not a moment longer', async (t) => {
  const datapath = open(t);
  ends.send(DATAGRAM);
  await dealtWith(datapath);
  t.match(datapath.outcomes(), { DROPPED_NO_LEASE: { packets: 1n } });
  hold(datapath.leaseFd, monotonicNs() + HOUR_NS);
  ends.send(DATAGRAM);
  t.equal(ends.next('server').toString('hex'), FORWARDED);
  // This thread is what would renew the lease: it does nothing but send, and looks at what comes.
  // Long enough for the forwarder to be given a processor on a busy machine, too.
  const untilNs = monotonicNs() + 500_000_000n;
  hold(datapath.leaseFd, untilNs);
  let sent = 0;
  while (monotonicNs() < untilNs) {
    // No more at once than can wait without loss.
    if (sent - counted(datapath) > MOST_WAITING) continue;
    ends.send(DATAGRAM);
    sent++;
  }
  await dealtWith(datapath);
  t.ok(ends.heard('server').length > 10, 'frames while it held');
  const dropped = (): bigint => datapath.outcomes().DROPPED_NO_LEASE.packets;
  const before = dropped();
  ends.send(DATAGRAM);
  await dealtWith(datapath);
  t.same(ends.heard('server'), []);
  t.equal(dropped(), before + 1n);
});

t.test('one answer is given for the NLBS address under the lease, and none otherwise', async (t) => {
  const datapath = open(t);
  const heardAfter = async (frame: Buffer): Promise<string[]> => {
    ends.send(frame);
    await dealtWith(datapath);
    return ends.heard('access').map((heard) => heard.toString('hex'));
  };
  t.same(await heardAfter(ask(ASKER, NLBS_IP)), [], 'no lease');
  hold(datapath.leaseFd, monotonicNs() + HOUR_NS);
  t.same(await heardAfter(ask(ASKER, NLBS_IP)), [answerTo(ASKER)], 'a question');
  t.same(await heardAfter(ask(ASKER, NLBS_IP, TO_US)), [answerTo(ASKER)], 'a question by unicast');
  t.same(await heardAfter(ask('00000000', NLBS_IP)), [answerTo('00000000')], 'a probe');
  t.same(await heardAfter(ask(NLBS_IP, NLBS_IP)), [], 'an announcement by somebody else');
  t.same(await heardAfter(ask(ASKER, NLBS_IP, '020000000099 020000000011')), [], 'a question to somebody else');
  t.same(await heardAfter(ask(ASKER, CLUSTER_IP)), [], 'the cluster address');
});

t.test('that the peer has asked is noted, lease or no lease', async (t) => {
  const directory = pinDirectory(t);
  const datapath = open(t, directory);
  const lease = openPinnedLease(directory);
  t.equal(lease?.peerAskedNs(), 0n);
  const beforeNs = monotonicNs();
  ends.send(ask(PEER_IP, NLBS_IP));
  await dealtWith(datapath);
  t.ok((lease?.peerAskedNs() ?? 0n) > beforeNs);
  lease?.close();
});

t.test('whoever probes for the NLBS address ends the forwarding of one whose lease has lapsed', async (t) => {
  const datapath = open(t);
  const lease = openLease(datapath.leaseFd);
  t.teardown(() => lease.close());
  const dropped = (): bigint => datapath.outcomes().DROPPED_NO_LEASE.packets;
  const laterNs = monotonicNs() + HOUR_NS;
  for (const [answerUntilNs, drops, why] of [
    [laterNs, 0n, 'it is held'],
    [0n, 0n, 'it was given back'],
    [monotonicNs(), 1n, 'it has lapsed'],
  ] as const) {
    lease.set(answerUntilNs, laterNs);
    const before = dropped();
    ends.send(ask('00000000', NLBS_IP));
    await dealtWith(datapath);
    ends.send(DATAGRAM);
    await dealtWith(datapath);
    t.equal(dropped() - before, drops, why);
  }
});

t.test('the stack gets nothing that is for a cluster address, by whatever tag, and all else', async (t) => {
  run('sysctl -q net.ipv4.icmp_ratemask=0');
  const packet = (to: string, tag = ''): Buffer =>
    summed(bytesOf(`${TO_US} ${tag} ${IP} ${UDP}`.replace(CLUSTER_IP, to)));
  const tags = ['', '8100 0000', '8100 0000 8100 0000'];
  const toCluster = tags.map((tag) => packet(CLUSTER_IP, tag));
  const refused = async (frame: Buffer): Promise<void> => {
    ends.send(frame);
    await until(() => ends.heard('access').some(isIcmp), `the stack refuses ${frame.toString('hex')}`);
  };
  for (const frame of toCluster) await refused(frame);
  const datapath = open(t);
  for (const frame of toCluster) ends.send(frame);
  await dealtWith(datapath);
  t.same(ends.heard('access'), []);
  t.equal(datapath.outcomes().DROPPED_TAGGED.packets, 2n);
  await refused(packet(NLBS_IP));
});

const isIcmp = (frame: Buffer): boolean => frame.readUInt16BE(12) === 0x0800 && frame.readUInt8(23) === 1;

t.test('tables are told, read back and changed as they are in the kernel', async (t) => {
  const beside = open(t);
  const kernel = openDatapath({ ...options(pinDirectory(t)), mode: 'tc', first: tables() });
  t.teardown(() => kernel.remove());
  const slots = (id: number): Int32Array => new Int32Array(65_537).fill(id);
  const [first, second] = tables().servers;
  const [dns, web] = tables().services;
  if (!first || !second || !dns || !web) throw new Error('the rig has two servers and two services');
  const any = { address: CLUSTER, protocol: 'tcp' as const, port: 0, slots: slots(0) };
  const situations: Partial<Tables>[] = [
    {},
    { clusterAddresses: ['203.0.113.11', CLUSTER] },
    { nlbs: '10.77.1.101', timeouts: { ...tables().timeouts, resetMs: 1 } },
    {
      servers: [
        { ...second, id: 63, draining: true },
        { ...first, mac: '02:00:00:00:00:63' },
      ],
    },
    { services: [{ ...web, slots: slots(-1) }, any, { ...dns, persistence: { timeoutMs: 1, prefix: 24 } }] },
    { services: [any] },
    { clusterAddresses: [], services: [], servers: [] },
  ];
  for (const situation of [...situations, ...situations.toReversed()]) {
    const [changed, same] = [kernel, beside].map((datapath) =>
      datapath
        .apply({ ...tables(), ...situation })
        .map((change) => Object.values(change).join(' '))
        .sort(),
    );
    // In the kernel a service's fragments are told with its cluster address; here nobody needs to be told.
    t.same(
      same,
      changed?.filter((change) => !change.startsWith('clusters changed')),
      JSON.stringify(Object.keys(situation)),
    );
    t.same(beside.actual(), kernel.actual());
  }
  t.throws(() => beside.apply({ ...tables(), clusterAddresses: [] }), /is at no cluster address/);
});

t.test('connections whose time is over are swept away, and those in use are counted', async (t) => {
  const datapath = open(t);
  hold(datapath.leaseFd, monotonicNs() + HOUR_NS);
  for (let sent = 0; sent < 2; sent++) ends.send(DATAGRAM);
  await dealtWith(datapath);
  t.equal(swept(datapath), 0);
  const active = () => [
    datapath.tallies().servers.get(0)?.active,
    datapath.tallies().services.get(`udp ${CLUSTER}:53`)?.active,
  ];
  t.same(active(), [1n, 1n]);
  datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, datagramsMs: 1 } });
  await until(() => swept(datapath) === 1, 'its time is over');
  t.same(active(), [0n, 0n]);
  t.equal(datapath.connectionCount(), 0);
});

t.test('a daemon killed with SIGKILL leaves frames flowing, and the next one adopts them', async (t) => {
  const directory = pinDirectory(t);
  const [datapathUrl, rigUrl] = ['./datapath.ts', './test-rig.ts'].map((file) => import.meta.resolve(file));
  const life = `const { openDatapath } = await import('${datapathUrl}');
    const { options, tables } = await import('${rigUrl}');
    openDatapath({ ...options('${directory}'), mode: 'userspace', first: tables() });
    process.kill(process.pid, 'SIGKILL');`;
  t.equal(spawnSync(process.execPath, ['--input-type=module', '-e', life], { stdio: 'inherit' }).signal, 'SIGKILL');

  const lease = openPinnedLease(directory);
  lease?.set(monotonicNs() + HOUR_NS, monotonicNs() + HOUR_NS);
  ends.send(DATAGRAM);
  t.equal(ends.next('server').toString('hex'), FORWARDED);

  const datapath = openDatapath({ ...options(directory), first: { ...tables(), servers: [], services: [] } });
  t.teardown(() => datapath.remove());
  t.match(datapath, { mode: 'userspace', adopted: true }, 'which automatic choice keeps');
  t.same(datapath.actual(), tables());
  t.same(datapath.apply(tables()), []);
  t.equal(datapath.connectionCount(), 1);
  ends.send(DATAGRAM);
  ends.next('server');
  t.match(datapath.outcomes(), { FORWARDED_NEW: { packets: 1n }, FORWARDED_ESTABLISHED: { packets: 1n } });
});

t.test('removal leaves nothing', async (t) => {
  const directory = pinDirectory(t);
  const datapath = openDatapath({ ...options(directory), mode: 'userspace', first: tables() });
  const forwarder = forwarderIn(directory);
  t.ok(lives(forwarder));
  t.match(run('nft list ruleset'), /table netdev nlb_/);
  datapath.remove();
  t.notOk(lives(forwarder));
  t.equal(run('nft list ruleset'), '');
  t.notOk(existsSync(placeFor(directory)));
  const left = readdirSync(dirname(directory)).filter((name) => name.startsWith(basename(directory)));
  t.same(left, [basename(directory)]);
});

t.test('a forwarder that dies is started again by the tables of the moment, and that is said', async (t) => {
  const directory = pinDirectory(t);
  const problems: string[] = [];
  const datapath = openDatapath({ ...options(directory), mode: 'userspace', problem: (text) => problems.push(text) });
  t.teardown(() => datapath.remove());
  datapath.apply(tables());
  hold(datapath.leaseFd, monotonicNs() + HOUR_NS);
  const first = forwarderIn(directory);
  process.kill(first.pid, 'SIGKILL');
  await until(() => problems.length > 0 && forwarderIn(directory).pid !== first.pid, 'another forwarder');
  t.match(problems, [/The forwarder has died/]);
  const changed = tables();
  changed.servers.pop();
  t.match(datapath.apply(changed), [{ table: 'servers', change: 'removed', subject: '1' }]);
  ends.send(DATAGRAM);
  t.equal(ends.next('server').toString('hex'), FORWARDED);
});

t.test('one mode gives way to the other, and the lease goes on', async (t) => {
  const directory = pinDirectory(t);
  run(`mount -t bpf bpf ${directory}`);
  t.teardown(() => run(`umount ${directory}`));
  const modes = ['userspace', 'tc', 'userspace', 'xdp'] as const;
  let untilNs = 0n;
  for (const mode of modes) {
    const datapath = openDatapath({ ...options(directory), mode, first: tables() });
    t.match(datapath, { mode, adopted: false });
    const lease = openPinnedLease(directory);
    t.equal(lease?.get().answerUntilNs, untilNs, mode);
    lease?.close();
    untilNs = monotonicNs() + HOUR_NS;
    hold(datapath.leaseFd, untilNs);
    t.equal(existsSync(placeFor(directory)), mode === 'userspace');
    t.equal(xdpProgramOn(ifindexOf('access')) !== undefined, mode === 'xdp');
    t.equal(run('nft list ruleset') !== '', mode === 'userspace');
    ends.send(DATAGRAM);
    t.equal(ends.next('server').toString('hex'), FORWARDED, mode);
    if (mode === 'xdp') datapath.remove();
    else datapath.abandon();
  }
});

t.test('where the kernel takes no BPF program, automatic choice is user space, and that is said', async (t) => {
  const directory = pinDirectory(t);
  const [datapathUrl, rigUrl] = ['./datapath.ts', './test-rig.ts'].map((file) => import.meta.resolve(file));
  const life = `const { openDatapath } = await import('${datapathUrl}');
    const { options, tables } = await import('${rigUrl}');
    const problems = [];
    const told = { first: tables(), problem: (text) => problems.push(text) };
    const datapath = openDatapath({ ...options('${directory}'), ...told });
    console.log(JSON.stringify([datapath.mode, problems]));
    datapath.remove();`;
  const words = ['--bounding-set', '-bpf,-sys_admin,-perfmon', process.execPath, '--input-type=module', '-e', life];
  const { stdout, stderr } = spawnSync('setpriv', words, { encoding: 'utf8' });
  t.equal(stderr, '');
  t.match(JSON.parse(stdout || 'null'), ['userspace', [/The data path is in user space.*EPERM/]]);
});

t.test('a forwarder whose place has been taken away under it ends', async (t) => {
  const directory = pinDirectory(t);
  const datapath = open(t, directory);
  const forwarder = forwarderIn(directory);
  datapath.abandon();
  rmSync(placeFor(directory), { recursive: true });
  await until(() => !lives(forwarder), 'it ends');
  run(`nft delete table netdev ${filterNameFor(placeFor(directory))}`);
});

t.test('what went wrong at the start is said, and nothing is left', async (t) => {
  const directory = pinDirectory(t);
  const wrong = { ...options(directory), mode: 'userspace' as const };
  t.throws(() => openDatapath({ ...wrong, accessInterfaces: ['nowhere'] }), /There is no network interface nowhere/);
  t.throws(() => openDatapath({ ...wrong, first: { ...tables(), clusterAddresses: [] } }), /is at no cluster address/);
  const path = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = path;
  });
  process.env.PATH = '/nowhere';
  t.throws(() => openDatapath({ ...wrong, first: tables() }), /nftables cannot be run/);
  process.env.PATH = path;
  t.notOk(existsSync(placeFor(directory)));
  t.equal(run('nft list ruleset'), '');
});
