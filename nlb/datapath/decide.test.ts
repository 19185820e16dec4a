import t from 'tap';
import { runProgram } from '../kernel/bpf-test-run.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import type { Address } from './address.ts';
import { type Datapath, openDatapath } from './datapath.ts';
import { toldBy } from './knowledge.ts';
import { CONSTANTS, OUTCOMES, type OutcomeName } from './layout.ts';
import { openLease } from './lease.ts';
import { findPorts } from './ports.ts';
import type { Tables } from './tables.ts';
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
} from './test-frames.ts';
import {
  CLUSTER,
  hold,
  ifindexOf,
  MAC,
  makeInterfaces,
  options,
  pinDirectory,
  programsOf,
  swept,
  tables,
} from './test-rig.ts';
import { trace } from './trace.ts';
import { packetOf } from './trace-packet.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const HOOKS = ['xdp', 'tc'] as const;
const VERDICTS = { xdp: { PASSED: 2, FORWARDED: 4, DROPPED: 1 }, tc: { PASSED: -1, FORWARDED: 7, DROPPED: 2 } };
const FOREVER_NS = 2n ** 63n;

function open(t: { teardown(act: () => void): void }): Datapath {
  const datapath = openDatapath(options(pinDirectory(t)));
  t.teardown(() => datapath.remove());
  datapath.apply(tables());
  hold(datapath.leaseFd, FOREVER_NS);
  return datapath;
}

/** Run a frame through a hook: the outcome that was counted, the verdict, and the frame that came out. */
function send(datapath: Datapath, hook: 'xdp' | 'tc', frame: Buffer, on = 'access') {
  const before = datapath.outcomes();
  const { verdict, frame: out } = runProgram(programsOf(datapath)[hook](), { frame, ifindex: ifindexOf(on), hook });
  const after = datapath.outcomes();
  const counted = OUTCOMES.filter((name) => after[name].packets !== before[name].packets);
  const bytes = counted.map((name) => after[name].bytes - before[name].bytes);
  return { verdict, out, counted, bytes };
}

/** What must come out of a forwarded frame: the same, but for the two hardware addresses. */
function forwarded(frame: Buffer, mac: string): Buffer {
  return Buffer.concat([bytesOf(mac.replaceAll(':', '')), bytesOf(MAC.server.replaceAll(':', '')), frame.subarray(12)]);
}

for (const hook of HOOKS) {
  t.test(`${hook}: each frame goes one way, which is counted`, async (t) => {
    const datapath = open(t);
    for (const { what, frame: hex, outcome, on, unleased, xdpOnly } of CASES) {
      if (xdpOnly && hook !== 'xdp') continue;
      hold(datapath.leaseFd, unleased ? monotonicNs() : FOREVER_NS);
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

  t.test(`${hook}: a connection keeps its server while that is usable, and no longer`, async (t) => {
    const datapath = open(t);
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
    datapath.apply({ ...now, servers: now.servers.map((server) => ({ ...server, usable: server.id !== 0 })) });
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
    const datapath = open(t);
    const frame = bytesOf(`${TO_US} ${IP} ${UDP}`);
    const [first, second] = tables().servers;
    for (const [what, server] of [
      ['not usable', { ...first, usable: false }],
      ['without a hardware address', { id: 0, address: '10.77.2.20', usable: true }],
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

  t.test(`${hook}: a connection does not take a service for its own that has got its number`, async (t) => {
    const datapath = open(t);
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
    const datapath = open(t);
    datapath.apply({ ...tables(), nlbs: '203.0.113.10' });
    const ask = bytesOf(`${TO_ALL} ${ASK} ${CLUSTER_IP}`);
    t.same(send(datapath, hook, ask).counted, ['PASSED_ARP_NLBS']);
    t.same(send(datapath, hook, bytesOf(`${TO_US} ${IP} ${UDP}`)).counted, ['FORWARDED_NEW']);
    hold(datapath.leaseFd, monotonicNs());
    t.same(send(datapath, hook, ask).counted, ['DROPPED_ARP_NO_LEASE']);
  });

  t.test(`${hook}: a question of the peer's for the NLBS address is noted, lease or no lease`, async (t) => {
    const datapath = open(t);
    const page = openLease(datapath.leaseFd);
    t.teardown(() => page.close());
    const notedBy = (hex: string, on = 'access'): boolean => {
      const before = page.peerAskedNs();
      send(datapath, hook, bytesOf(hex), on);
      return page.peerAskedNs() !== before;
    };
    const peerAsks = `${TO_ALL} ${ASK.replace('0a4d0101', PEER_IP)} ${NLBS_IP}`;
    t.equal(page.peerAskedNs(), 0n, 'never at first');
    for (const untilNs of [FOREVER_NS, monotonicNs()]) {
      hold(datapath.leaseFd, untilNs);
      const earliestNs = monotonicNs();
      t.ok(notedBy(peerAsks), `lease until ${untilNs}`);
      const notedNs = page.peerAskedNs();
      t.ok(notedNs >= earliestNs && notedNs <= monotonicNs(), 'at the instant on the monotonic clock');
      t.equal(page.get().answerUntilNs, untilNs, 'the lease stays');
    }
    t.notOk(notedBy(`${TO_ALL} ${ASK} ${NLBS_IP}`), 'somebody else asks');
    t.notOk(notedBy(`${TO_ALL} ${ASK.replace('0a4d0101', NLBS_IP)} ${NLBS_IP}`), 'an announcement');
    t.notOk(notedBy(`${TO_ALL} ${ASK.replace('0a4d0101', PEER_IP)} 0a4d010b`), 'the peer asks for another address');
    t.notOk(notedBy(peerAsks.replace('04 0001', '04 0002')), 'an answer');
    t.notOk(notedBy(peerAsks, 'server'), 'on the server side');
  });

  t.test(`${hook}: who probes for the NLBS address ends the forwarding of one whose lease has lapsed`, async (t) => {
    const datapath = open(t);
    const page = openLease(datapath.leaseFd);
    t.teardown(() => page.close());
    const flow = bytesOf(`${TO_US} ${IP} ${UDP}`);
    const after = (hex: string, answerUntilNs: bigint, on = 'access'): string | undefined => {
      page.set(answerUntilNs, FOREVER_NS);
      send(datapath, hook, bytesOf(hex), on);
      t.equal(page.get().answerUntilNs, answerUntilNs, 'of answering nothing changes');
      return send(datapath, hook, flow).counted[0];
    };
    const lapsedNs = monotonicNs();
    const probe = `${TO_ALL} ${ASK.replace('0a4d0101', '00000000')} ${NLBS_IP}`;
    t.equal(after(`${TO_ALL} ${ASK} ${NLBS_IP}`, lapsedNs), 'FORWARDED_NEW', 'a question');
    t.equal(after(`${TO_ALL} ${ASK.replace('0a4d0101', PEER_IP)} ${NLBS_IP}`, lapsedNs), 'FORWARDED_ESTABLISHED');
    t.equal(after(probe, lapsedNs), 'DROPPED_NO_LEASE', 'a probe');
    t.equal(page.get().forwardUntilNs, 0n);
    t.equal(after(probe, FOREVER_NS), 'FORWARDED_ESTABLISHED', 'the lease is held');
    t.equal(after(probe, 0n), 'FORWARDED_ESTABLISHED', 'it was given back');
    t.equal(after(probe, lapsedNs, 'server'), 'FORWARDED_ESTABLISHED', 'on the server side');
    t.equal(after(probe.replace(NLBS_IP, CLUSTER_IP), lapsedNs), 'FORWARDED_ESTABLISHED', 'for a cluster address');
    t.equal(after(probe.replace('04 0001', '04 0002'), lapsedNs), 'FORWARDED_ESTABLISHED', 'an answer');
  });

  t.test(`${hook}: a frame cut off anywhere never gets to the stack as a cluster's packet`, async (t) => {
    const datapath = open(t);
    const whole = bytesOf(`${TO_US} ${IP_TCP} ${TCP}`);
    // Without a whole IPv4 header the kernel makes no socket buffer in a test run.
    for (let length = hook === 'xdp' ? 14 : 34; length < whole.length; length++) {
      const { counted } = send(datapath, hook, whole.subarray(0, length));
      t.same(counted, [length < 34 ? 'PASSED_NOT_OURS' : 'DROPPED_MALFORMED'], `${length} bytes`);
    }
  });
}

t.test('flows spread over the slots as their hash says', async (t) => {
  const datapath = open(t);
  const spread = tables();
  const slots = spread.services[0]?.slots ?? new Int32Array();
  slots.forEach((_, slot) => {
    slots[slot] = slot % 2;
  });
  datapath.apply(spread);
  let first = 0;
  const FLOWS = 400;
  for (let port = 1; port <= FLOWS; port++) {
    const frame = bytesOf(`${TO_US} ${IP} ${UDP}`);
    frame.writeUInt16BE(port, 34);
    first += send(datapath, 'xdp', frame).out.readUInt8(5) === 0x20 ? 1 : 0;
  }
  // Binomial with p = 1/2: five standard deviations of 10 either side. The hash is fixed, so this never flickers.
  t.ok(Math.abs(first - FLOWS / 2) < 50, `${first} of ${FLOWS} to server 0`);
  t.equal(datapath.connectionCount(), FLOWS);
});

/** A connection from that port of a client that has proved itself. */
function establish(datapath: Datapath, port: number): void {
  for (const flags of ['5002', '5010']) {
    const frame = bytesOf(`${TO_US} ${IP_TCP} ${TCP.replace('5002', flags)}`);
    frame.writeUInt16BE(port, 34);
    send(datapath, 'xdp', frame);
  }
}

const active = (datapath: Datapath) => datapath.tallies().services.get('tcp 203.0.113.10:80')?.active;

t.test('each server and each service has its tally', async (t) => {
  const datapath = open(t);
  establish(datapath, 1);
  send(datapath, 'tc', bytesOf(`${TO_US} ${IP} ${UDP}`));
  const none = { packets: 0n, bytes: 0n, opened: 0n, active: 0n };
  const [web, dns] = [
    { packets: 2n, bytes: 108n, opened: 1n, active: 1n },
    { packets: 1n, bytes: 50n, opened: 1n, active: 0n },
  ];
  const { servers, services } = datapath.tallies();
  t.same(
    servers,
    new Map([
      [0, dns],
      [1, web],
    ]),
  );
  t.same(
    services,
    new Map([
      ['udp 203.0.113.10:53', dns],
      ['tcp 203.0.113.10:80', web],
    ]),
  );
  datapath.apply({ ...tables(), servers: [...tables().servers, { id: 5, address: '10.77.2.5', usable: true }] });
  t.same(datapath.tallies().servers.get(5), none);
});

t.test('a sweep removes what has expired, and puts the count of active connections right', async (t) => {
  const datapath = open(t);
  const opened = 3000;
  for (let port = 1; port <= opened; port++) establish(datapath, port);
  t.equal(active(datapath), BigInt(opened), 'the full table has pushed some out, which nobody has seen');
  t.equal(swept(datapath), 0);
  const left = Number(active(datapath));
  t.ok(left > 0 && left <= options('').maxConnections, `${left} are left`);
  establish(datapath, opened + 1);
  t.equal(swept(datapath), 0);
  t.ok(Math.abs(Number(active(datapath)) - left) <= left / 2);
  datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, establishedMs: 0 } });
  const removed = swept(datapath);
  t.equal(active(datapath), 0n);
  t.ok(removed > 0, `${removed} removed`);
  t.equal(datapath.connectionCount(), 0);
  establish(datapath, 1);
  t.equal(active(datapath), 1n, 'and counting goes on');
});

t.test('what is known of connections can be listed, and looked up for one of them', async (t) => {
  const datapath = open(t);
  t.same([...datapath.connections()].flat(), []);
  send(datapath, 'xdp', bytesOf(`${TO_US} ${IP} ${UDP}`));
  establish(datapath, 4711);
  const known = [...datapath.connections()].flat();
  t.equal(known.length, 2);
  for (const { flow, connection } of known) {
    t.match(flow, { source: /^198\.51\.100\./, destination: CLUSTER });
    t.equal(connection.service, `${flow.protocol === 6 ? 'tcp' : 'udp'} ${CLUSTER}:${flow.destinationPort}`);
    t.equal(connection.serverAddress, flow.protocol === 6 ? '10.77.2.21' : '10.77.2.20');
    const { kept, told, lease } = datapath.knowledgeOf(flow);
    t.same([...kept.connections.values(), ...kept.embryos.values()], [connection]);
    const services = tables().services.filter(({ port }) => port === flow.destinationPort);
    t.same(told, toldBy({ ...tables(), services }, findPorts(options(''))), 'of the services, its own');
    t.equal(lease.forwardUntilNs, FOREVER_NS);
  }
});

const LABELS = { server: String, service: String };

t.test('what a trace says is what the program then does', async (t) => {
  const datapath = open(t);
  const slots = new Int32Array(CONSTANTS.SELECTION_SLOTS).map((_, slot) => slot % 2);
  const persistence = { timeoutMs: 60_000, prefix: 32 };
  datapath.apply({ ...tables(), services: [{ address: CLUSTER, protocol: 'tcp', port: 80, slots, persistence }] });
  const seen = new Set<string>();
  for (let port = 1; port <= 60; port++) {
    const source = `198.51.100.${(port % 20) + 1}` as Address;
    const flow = {
      protocol: 6,
      source,
      destination: CLUSTER as Address,
      sourcePort: port,
      destinationPort: port % 7 === 0 ? 81 : 80,
    };
    for (const kind of ['first', 'next', 'next'] as const) {
      const { outcome, server } = trace(flow, datapath.knowledgeOf(flow), monotonicNs(), LABELS);
      const { counted, out } = send(datapath, 'xdp', packetOf(flow, MAC.access, kind));
      t.same([outcome], counted, `${port}, ${kind}`);
      if (server) t.equal(out.toString('hex', 0, 6), server.mac?.replaceAll(':', ''));
      seen.add(`${outcome} ${server?.id}`);
    }
  }
  t.ok(seen.size >= 5, [...seen].join());
});
