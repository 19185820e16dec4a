import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bootNs, monotonicNs } from '../../kernel/clock.ts';
import { enterPrivateNamespaces, run, until } from '../../kernel/private-namespaces.ts';
import type { Datapath } from '../datapath.ts';
import { openDaemonLife } from '../kit/daemon-life.ts';
import { bytesOf, CLUSTER_IP, IP, NLBS_IP, PEER_IP, TO_ALL, TO_US, UDP } from '../kit/frames.ts';
import { DATAGRAM, FORWARDED, HOUR_NS, makeNode, open } from '../kit/node.ts';
import { CLUSTER, expireAll, holdLease, MAC, options, pinDirectory, tables } from '../kit/rig.ts';
import { withChecksum } from '../kit/veth-peers.ts';
import { openLease, openPinnedLease } from '../tables/lease.ts';
import { directoryFor, FILES } from './directory.ts';

enterPrivateNamespaces(import.meta.url);
const peers = makeNode(t);

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
  peers.send(bytesOf(`${TO_US} ${IP} 3039 0036 0010 0000 6f6e65766970 3131`));
  await until(() => count() > before, 'the last frame');
}

t.test('the forwarder forwards while the lease holds, without a daemon, and not after it', async (t) => {
  const datapath = open(t);
  peers.send(DATAGRAM);
  await dealtWith(datapath);
  t.match(datapath.outcomes(), { DROPPED_NO_LEASE: { packets: 1n } });
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  peers.send(DATAGRAM);
  t.equal(peers.next('server').toString('hex'), FORWARDED);
  // This thread is what would renew the lease: it does nothing but send, and looks at what comes.
  // Long enough for the forwarder to be given a processor on a busy machine, too.
  const untilNs = monotonicNs() + 500_000_000n;
  holdLease(datapath.leaseFd, untilNs);
  let sent = 0;
  while (monotonicNs() < untilNs) {
    // No more at once than can wait without loss.
    if (sent - counted(datapath) > MOST_WAITING) continue;
    peers.send(DATAGRAM);
    sent++;
  }
  await dealtWith(datapath);
  t.ok(peers.received('server').length > 10, 'frames while it held');
  const dropped = (): bigint => datapath.outcomes().DROPPED_NO_LEASE.packets;
  const before = dropped();
  peers.send(DATAGRAM);
  await dealtWith(datapath);
  t.same(peers.received('server'), []);
  t.equal(dropped(), before + 1n);
});

t.test('a frame that the kernel refuses is counted as not sent, and not in its server’s tally', async (t) => {
  const datapath = open(t);
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  run('ip link set server down');
  t.teardown(() => run('ip link set server up'));
  for (let sent = 0; sent < 3; sent++) peers.send(DATAGRAM);
  await dealtWith(datapath);
  const { DROPPED_NOT_SENT: lost, FORWARDED_NEW: first, FORWARDED_ESTABLISHED: others } = datapath.outcomes();
  t.same(
    [lost, first, others].map(({ packets }) => packets),
    [3n, 0n, 0n],
  );
  t.equal(datapath.tallies().servers.get(0)?.packets, 0n);
  run('ip link set server up');
  peers.send(DATAGRAM);
  t.equal(peers.next('server').toString('hex', 0, 6), MAC.server0.replaceAll(':', ''));
  t.equal(datapath.outcomes().FORWARDED_ESTABLISHED.packets, 1n, 'the connection is there');
});

t.test('a packet longer than the MTU of the interface to its server has an outcome of its own', async (t) => {
  run('ip link set server mtu 68');
  t.teardown(() => run('ip link set server mtu 1500'));
  const datapath = open(t);
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  const long = Buffer.concat([DATAGRAM, Buffer.alloc(68 + 14 + 1 - DATAGRAM.length)]);
  peers.send(long);
  peers.send(long.subarray(0, -1));
  t.equal(peers.next('server').length, 68 + 14);
  await dealtWith(datapath);
  t.equal(datapath.outcomes().DROPPED_TOO_LONG.packets, 1n);
});

t.test('a request for the NLBS address gets one reply under the lease, and none without', async (t) => {
  const datapath = open(t);
  const receivedAfter = async (frame: Buffer): Promise<string[]> => {
    peers.send(frame);
    await dealtWith(datapath);
    return peers.received('access').map((received) => received.toString('hex'));
  };
  t.same(await receivedAfter(ask(ASKER, NLBS_IP)), [], 'no lease');
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  t.same(await receivedAfter(ask(ASKER, NLBS_IP)), [answerTo(ASKER)], 'a question');
  t.same(await receivedAfter(ask(ASKER, NLBS_IP, TO_US)), [answerTo(ASKER)], 'a question by unicast');
  t.same(await receivedAfter(ask('00000000', NLBS_IP)), [answerTo('00000000')], 'a probe');
  t.same(await receivedAfter(ask(NLBS_IP, NLBS_IP)), [], 'an announcement by somebody else');
  t.same(await receivedAfter(ask(ASKER, NLBS_IP, '020000000099 020000000011')), [], 'a question to somebody else');
  t.same(await receivedAfter(ask(ASKER, CLUSTER_IP)), [], 'the cluster address');
});

t.test('a request of the peer is noted, with and without a lease', async (t) => {
  const directory = pinDirectory(t);
  const datapath = open(t, directory);
  const lease = openPinnedLease(directory);
  t.equal(lease?.peerAskedNs(), 0n);
  peers.send(ask(PEER_IP, NLBS_IP));
  await dealtWith(datapath);
  t.equal(lease?.peerAskedNs(), 0n, 'nobody is known to be the peer');
  lease?.namePeer(MAC.router);
  const beforeNs = bootNs();
  peers.send(ask(PEER_IP, NLBS_IP, TO_US));
  await dealtWith(datapath);
  t.equal(lease?.peerAskedNs(), 0n, 'it asks whether we are there');
  peers.send(ask(PEER_IP, NLBS_IP));
  await dealtWith(datapath);
  t.ok((lease?.peerAskedNs() ?? 0n) > beforeNs);
  lease?.close();
});

t.test('a probe for the NLBS address ends the forwarding of a node whose lease has lapsed', async (t) => {
  const datapath = open(t);
  const lease = openLease(datapath.leaseFd);
  t.teardown(() => lease.close());
  const dropped = (): bigint => datapath.outcomes().DROPPED_NO_LEASE.packets;
  const laterNs = monotonicNs() + HOUR_NS;
  lease.namePeer(MAC.router);
  const daemon = openDaemonLife(datapath.leaseFd);
  t.teardown(() => daemon.close());
  for (const [answerUntilNs, lives, drops, why] of [
    [bootNs() + HOUR_NS, true, 0n, 'it is held'],
    [0n, true, 0n, 'it was given back'],
    [bootNs(), false, 0n, 'it has lapsed, and the daemon is gone'],
    [bootNs(), true, 1n, 'it has lapsed, and the daemon may wake'],
  ] as const) {
    lease.set(answerUntilNs, laterNs);
    daemon.live(lives);
    const before = dropped();
    peers.send(ask('00000000', NLBS_IP));
    await dealtWith(datapath);
    peers.send(DATAGRAM);
    await dealtWith(datapath);
    t.equal(dropped() - before, drops, why);
  }
});

t.test('the stack gets nothing that is for a cluster address, by whatever tag, and all else', async (t) => {
  run('sysctl -q net.ipv4.icmp_ratemask=0');
  const packet = (to: string, tag = ''): Buffer =>
    withChecksum(bytesOf(`${TO_US} ${tag} ${IP} ${UDP}`.replace(CLUSTER_IP, to)));
  const tags = [0, 1, 2, 3, 4].map((count) => '8100 0000 '.repeat(count));
  const toCluster = tags.map((tag) => packet(CLUSTER_IP, tag));
  const refused = async (frame: Buffer): Promise<void> => {
    peers.send(frame);
    await until(() => peers.received('access').some(isIcmp), `the stack refuses ${frame.toString('hex')}`);
  };
  // Under two tags the stack looks on every kernel; under more, on some.
  for (const frame of toCluster.slice(0, 3)) await refused(frame);
  const datapath = open(t);
  for (const frame of toCluster) peers.send(frame);
  await dealtWith(datapath);
  t.same(peers.received('access'), []);
  t.equal(datapath.outcomes().DROPPED_TAGGED.packets, 4n);
  await refused(packet(NLBS_IP));
});

const isIcmp = (frame: Buffer): boolean => frame.readUInt16BE(12) === 0x0800 && frame.readUInt8(23) === 1;

t.test('written slots take effect at once, without a request to the forwarder', async (t) => {
  const directory = pinDirectory(t);
  const datapath = open(t, directory);
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  peers.send(DATAGRAM);
  t.equal(peers.next('server').toString('hex', 0, 6), MAC.server0.replaceAll(':', ''));
  const before = readFileSync(join(directoryFor(directory), FILES.published));
  const all = (id: number) => new Int32Array(65_537).fill(id);
  const pool = `udp ${CLUSTER}:53`;
  t.same(datapath.select(new Map([[pool, all(1)]])), [{ table: 'selections', change: 'changed', subject: pool }]);
  const another = Buffer.from(DATAGRAM);
  another.writeUInt16BE(4711, 34);
  peers.send(another);
  t.equal(peers.next('server').toString('hex', 0, 6), MAC.server1.replaceAll(':', ''), 'a new flow');
  peers.send(DATAGRAM);
  t.equal(peers.next('server').toString('hex', 0, 6), MAC.server0.replaceAll(':', ''), 'a known one stays');
  t.same(readFileSync(join(directoryFor(directory), FILES.published)), before);
  t.same(datapath.actual().services[0]?.slots, all(1));
  t.same(datapath.apply(tables()), [{ table: 'selections', change: 'changed', subject: pool }]);
});

t.test('expired connections are removed, and those in use are counted', async (t) => {
  const datapath = open(t);
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  for (let sent = 0; sent < 2; sent++) peers.send(DATAGRAM);
  await dealtWith(datapath);
  t.equal(expireAll(datapath), 0);
  const active = () => [
    datapath.tallies().servers.get(0)?.active,
    datapath.tallies().services.get(`udp ${CLUSTER}:53`)?.active,
  ];
  t.same(active(), [1n, 1n]);
  datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, datagramsMs: 1 } });
  await until(() => expireAll(datapath) === 1, 'its time is over');
  t.same(active(), [0n, 0n]);
  t.equal(datapath.connectionCount(), 0);
});

t.test('an evicted connection is counted as that, and not active any longer', async (t) => {
  const [room, flows] = [options('').maxUdpFlows, options('').maxUdpFlows + 30];
  const datapath = open(t);
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  for (let flow = 1; flow <= flows; flow++) {
    const frame = Buffer.from(DATAGRAM);
    frame.writeUInt16BE(flow, 34);
    for (let sent = 0; sent < 2; sent++) peers.send(withChecksum(frame));
    if (flow % 100 === 0) await until(() => counted(datapath) === 2 * flow, `flow ${flow} is known`);
  }
  await dealtWith(datapath);
  t.match(datapath.tableCount('udpFlows'), { entered: BigInt(flows), evicted: 30n, removed: 0n, limited: 0n });
  t.equal(datapath.tallies().servers.get(0)?.active, BigInt(room));
  t.equal(expireAll(datapath), 0);
  t.equal(datapath.tallies().servers.get(0)?.active, BigInt(room));
});
