import t from 'tap';
import { runProgram } from '../kernel/bpf-test-run.ts';
import { bootNs, monotonicNs } from '../kernel/clock.ts';
import { enterPrivateNamespaces, run } from '../kernel/private-namespaces.ts';
import { openDaemonLife } from './kit/daemon-life.ts';
import {
  ASK,
  bytesOf,
  CASES,
  CLUSTER_IP,
  IP,
  IP_TCP,
  NLBS_IP,
  PEER_IP,
  TCP,
  TO_ALL,
  TO_US,
  UDP,
} from './kit/frames.ts';
import { holdLease, ifindexOf, MAC, makeInterfaces, programsOf, tables } from './kit/rig.ts';
import { establish, FOREVER_NS, openLeased, segment, send } from './kit/send.ts';
import type { OutcomeName } from './program/layout.ts';
import { openLease } from './tables/lease.ts';
import type { Tables } from './tables/tables.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const HOOKS = ['xdp', 'tc'] as const;
const VERDICTS = { xdp: { PASSED: 2, FORWARDED: 4, DROPPED: 1 }, tc: { PASSED: -1, FORWARDED: 7, DROPPED: 2 } };

/** What must come out of a forwarded frame: the same, but for the two hardware addresses. */
function forwarded(frame: Buffer, mac: string): Buffer {
  return Buffer.concat([bytesOf(mac.replaceAll(':', '')), bytesOf(MAC.server.replaceAll(':', '')), frame.subarray(12)]);
}

t.test('tc: of segments that receive offload has merged, the length of each counts', async (t) => {
  run('ip link set server mtu 100');
  t.teardown(() => run('ip link set server mtu 1500'));
  const datapath = openLeased(t);
  establish(datapath, 5);
  const frame = Buffer.concat([segment(5, 'ack'), Buffer.alloc(600)]);
  frame.writeUInt16BE(frame.length - 14, 16);
  const program = programsOf(datapath).tc();
  const passes = (segmentBytes: number): number =>
    runProgram(program, { frame, ifindex: ifindexOf('access'), hook: 'tc', segmentBytes }).verdict;
  t.same([60, 61, 0].map(passes), [VERDICTS.tc.FORWARDED, VERDICTS.tc.DROPPED, VERDICTS.tc.DROPPED]);
  t.equal(datapath.outcomes().DROPPED_TOO_LONG.packets, 2n);
});

for (const hook of HOOKS) {
  t.test(`${hook}: each frame has its outcome, which is counted`, async (t) => {
    const datapath = openLeased(t);
    for (const { what, frame: hex, outcome, on, unleased, xdpOnly } of CASES) {
      if (xdpOnly && hook !== 'xdp') continue;
      holdLease(datapath.leaseFd, unleased ? monotonicNs() : FOREVER_NS);
      const frame = bytesOf(hex);
      const { verdict, out, counted, bytes } = send(datapath, hook, frame, on);
      t.same(counted, [outcome], what);
      t.same(bytes, [BigInt(frame.length)], `${what}: its bytes`);
      const [word] = outcome.split('_') as [keyof (typeof VERDICTS)['xdp']];
      t.equal(verdict, VERDICTS[hook][word], `${what}: verdict`);
      const server = hex.includes(IP_TCP) ? MAC.server1 : MAC.server0;
      t.ok(out.equals(word === 'FORWARDED' ? forwarded(frame, server) : frame), `${what}: octets`);
    }
    t.equal(datapath.connectionCount(), 2);
  });

  t.test(`${hook}: a packet longer than the MTU of the server's interface has an outcome of its own`, async (t) => {
    run('ip link set server mtu 100');
    t.teardown(() => run('ip link set server mtu 1500'));
    const datapath = openLeased(t);
    const long = (bytes: number): Buffer => {
      const frame = Buffer.concat([segment(5, 'ack'), Buffer.alloc(bytes - 54)]);
      frame.writeUInt16BE(bytes - 14, 16);
      return frame;
    };
    establish(datapath, 5);
    t.same(send(datapath, hook, long(114)).counted, ['FORWARDED_ESTABLISHED']);
    const { counted, verdict } = send(datapath, hook, long(115));
    t.same([counted, verdict], [['DROPPED_TOO_LONG'], VERDICTS[hook].DROPPED]);
    run('ip link set server mtu 101');
    datapath.apply(tables());
    t.same(send(datapath, hook, long(115)).counted, ['FORWARDED_ESTABLISHED'], 'followed when it changes');
    t.equal(datapath.tallies().services.get('tcp 203.0.113.10:80')?.packets, 4n, 'nothing was sent that was not');
  });

  t.test(`${hook}: a connection keeps its server until that is gone`, async (t) => {
    const datapath = openLeased(t);
    const frame = bytesOf(`${TO_US} ${IP} ${UDP}`);
    const expectTo = (mac: string, outcome: OutcomeName, what: string): void => {
      const { out, counted } = send(datapath, hook, frame);
      t.same(counted, [outcome], what);
      t.equal(out.toString('hex', 0, 6), mac.replaceAll(':', ''), `${what}: server`);
    };
    expectTo(MAC.server0, 'FORWARDED_NEW', 'placed');
    const now = tables();
    now.services[0]?.slots.fill(1);
    datapath.apply(now);
    expectTo(MAC.server0, 'FORWARDED_ESTABLISHED', 'the selection table says something else by now');
    datapath.apply({ ...now, servers: now.servers.map((server) => ({ ...server, kept: server.id !== 0 })) });
    expectTo(MAC.server1, 'FORWARDED_MOVED', 'its server is gone');
    datapath.apply(now);
    expectTo(MAC.server1, 'FORWARDED_ESTABLISHED', 'its old server is back');
    const replaced = now.servers.map((server) =>
      server.id === 1 ? { ...server, address: '10.77.2.99', mac: MAC.server0 } : server,
    );
    datapath.apply({ ...now, servers: replaced });
    expectTo(MAC.server0, 'FORWARDED_MOVED', 'its id belongs to another server');
  });

  t.test(`${hook}: without a server that can be reached nothing is forwarded`, async (t) => {
    const datapath = openLeased(t);
    const frame = bytesOf(`${TO_US} ${IP} ${UDP}`);
    const [first, second] = tables().servers;
    for (const [what, server] of [
      ['gone', { ...first, kept: false }],
      ['without a hardware address', { id: 0, address: '10.77.2.20', kept: true }],
      ['taken from the table', second],
    ] as const) {
      datapath.apply({ ...tables(), servers: [server as Tables['servers'][number]] });
      t.same(send(datapath, hook, frame).counted, ['DROPPED_NO_SERVER'], what);
    }
    const none = tables();
    none.services[0]?.slots.fill(-1);
    datapath.apply(none);
    t.same(send(datapath, hook, frame).counted, ['DROPPED_NO_SERVER'], 'no slot has one');
  });

  t.test(`${hook}: a connection does not belong to another service that has got its service's id`, async (t) => {
    const datapath = openLeased(t);
    const frame = bytesOf(`${TO_US} ${IP_TCP} ${TCP}`);
    const acknowledging = bytesOf(`${TO_US} ${IP_TCP} ${TCP.replace('5002', '5010')}`);
    t.same(send(datapath, hook, frame).counted, ['FORWARDED_NEW']);
    t.same(send(datapath, hook, acknowledging).counted, ['FORWARDED_ESTABLISHED']);
    const [dns, web] = tables().services;
    datapath.apply({ ...tables(), services: dns ? [dns] : [] });
    t.same(send(datapath, hook, acknowledging).counted, ['DROPPED_NOT_SERVED'], 'its service is gone');
    datapath.apply({ ...tables(), services: web ? [{ ...web, port: 81 }] : [] });
    t.same(send(datapath, hook, acknowledging).counted, ['DROPPED_NOT_SERVED'], 'another one has the number');
    datapath.apply(tables());
    t.same(send(datapath, hook, acknowledging).counted, ['FORWARDED_NEW'], 'it is there again, under another number');
  });

  t.test(`${hook}: in the prior-art layout the lease decides about the one address`, async (t) => {
    const datapath = openLeased(t);
    datapath.apply({ ...tables(), nlbs: '203.0.113.10' });
    const ask = bytesOf(`${TO_ALL} ${ASK} ${CLUSTER_IP}`);
    t.same(send(datapath, hook, ask).counted, ['PASSED_ARP_NLBS']);
    t.same(send(datapath, hook, bytesOf(`${TO_US} ${IP} ${UDP}`)).counted, ['FORWARDED_NEW']);
    holdLease(datapath.leaseFd, monotonicNs());
    t.same(send(datapath, hook, ask).counted, ['DROPPED_ARP_NO_LEASE']);
  });

  t.test(`${hook}: a request of the peer for the NLBS address is noted, with and without a lease`, async (t) => {
    const datapath = openLeased(t);
    const page = openLease(datapath.leaseFd);
    t.teardown(() => page.close());
    const notedBy = (hex: string, on = 'access'): boolean => {
      const before = page.peerAskedNs();
      send(datapath, hook, bytesOf(hex), on);
      return page.peerAskedNs() !== before;
    };
    const peerAsks = `${TO_ALL} ${ASK.replace('0a4d0101', PEER_IP)} ${NLBS_IP}`;
    t.equal(page.peerAskedNs(), 0n, 'never at first');
    t.notOk(notedBy(peerAsks), 'nobody is known to be the peer');
    page.namePeer(MAC.router);
    for (const untilNs of [FOREVER_NS, monotonicNs()]) {
      holdLease(datapath.leaseFd, untilNs);
      const earliestNs = bootNs();
      t.ok(notedBy(peerAsks), `lease until ${untilNs}`);
      const notedNs = page.peerAskedNs();
      t.ok(notedNs >= earliestNs && notedNs <= bootNs(), 'at the instant on the clock of boots');
      t.equal(page.get().forwardUntilNs, untilNs, 'the lease stays');
    }
    const probe = peerAsks.replace(PEER_IP, '00000000');
    t.ok(notedBy(probe.replace('000000000000', '020000000011')), 'a probe that names a hardware address');
    t.notOk(notedBy(probe), 'one that names none: it leads already');
    t.notOk(notedBy(`${TO_US} ${peerAsks.slice(TO_ALL.length)}`), 'it asks us alone: whether we are there');
    const others = [
      peerAsks.replace('020000000011', '020000000099'),
      peerAsks.replace('04 0001 020000000011', '04 0001 020000000099'),
    ];
    for (const asked of others) t.notOk(notedBy(asked), 'from another hardware address');
    t.notOk(notedBy(`${TO_ALL} ${ASK} ${NLBS_IP}`), 'somebody else asks');
    t.notOk(notedBy(`${TO_ALL} ${ASK.replace('0a4d0101', NLBS_IP)} ${NLBS_IP}`), 'an announcement');
    t.notOk(notedBy(`${TO_ALL} ${ASK.replace('0a4d0101', PEER_IP)} 0a4d010b`), 'the peer asks for another address');
    t.notOk(notedBy(peerAsks.replace('04 0001', '04 0002')), 'an answer');
    t.notOk(notedBy(peerAsks, 'server'), 'on the server side');
  });

  t.test(`${hook}: a probe for the NLBS address ends the forwarding of a node whose lease has lapsed`, async (t) => {
    const datapath = openLeased(t);
    const page = openLease(datapath.leaseFd);
    t.teardown(() => page.close());
    const flow = bytesOf(`${TO_US} ${IP} ${UDP}`);
    const after = (hex: string, answerUntilNs: bigint, on = 'access'): string | undefined => {
      page.set(answerUntilNs, FOREVER_NS);
      send(datapath, hook, bytesOf(hex), on);
      t.equal(page.get().answerUntilNs, answerUntilNs, 'of answering nothing changes');
      return send(datapath, hook, flow).counted[0];
    };
    page.namePeer(MAC.router);
    const daemon = openDaemonLife(datapath.leaseFd);
    daemon.live(true);
    t.teardown(() => daemon.close());
    const lapsedNs = monotonicNs();
    const probe = `${TO_ALL} ${ASK.replace('0a4d0101', '00000000')} ${NLBS_IP}`;
    t.equal(after(`${TO_ALL} ${ASK} ${NLBS_IP}`, lapsedNs), 'FORWARDED_NEW', 'a question');
    t.equal(after(`${TO_ALL} ${ASK.replace('0a4d0101', PEER_IP)} ${NLBS_IP}`, lapsedNs), 'FORWARDED_ESTABLISHED');
    t.equal(after(probe, lapsedNs), 'DROPPED_NO_LEASE', 'a probe');
    t.equal(page.get().forwardUntilNs, 0n);
    daemon.live(false);
    t.equal(after(probe, lapsedNs), 'FORWARDED_ESTABLISHED', 'the daemon was killed: nothing is to be lost by that');
    daemon.live(true);
    const question = probe.replace('000000000000', '020000000011');
    t.equal(after(question, lapsedNs), 'FORWARDED_ESTABLISHED', 'a probe that names a hardware address asks');
    t.equal(
      after(probe.replace('020000000011', '020000000099'), lapsedNs),
      'FORWARDED_ESTABLISHED',
      'by somebody else',
    );
    t.equal(after(probe.replace(TO_ALL, TO_US), lapsedNs), 'FORWARDED_ESTABLISHED', 'to us alone');
    t.equal(after(probe, FOREVER_NS), 'FORWARDED_ESTABLISHED', 'the lease is held');
    t.equal(after(probe, 0n), 'FORWARDED_ESTABLISHED', 'it was given back');
    t.equal(after(probe, lapsedNs, 'server'), 'FORWARDED_ESTABLISHED', 'on the server side');
    t.equal(after(probe.replace(NLBS_IP, CLUSTER_IP), lapsedNs), 'FORWARDED_ESTABLISHED', 'for a cluster address');
    t.equal(after(probe.replace('04 0001', '04 0002'), lapsedNs), 'FORWARDED_ESTABLISHED', 'an answer');
  });

  t.test(`${hook}: a truncated frame to a cluster address never reaches the stack`, async (t) => {
    const datapath = openLeased(t);
    const whole = bytesOf(`${TO_US} ${IP_TCP} ${TCP}`);
    // Without a whole IPv4 header the kernel makes no socket buffer in a test run.
    for (let length = hook === 'xdp' ? 14 : 34; length < whole.length; length++) {
      const { counted } = send(datapath, hook, whole.subarray(0, length));
      t.same(counted, [length < 34 ? 'PASSED_NOT_OURS' : 'DROPPED_MALFORMED'], `${length} bytes`);
    }
  });
}
