import { closeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openPinned } from '../../kernel/bpf-link.ts';
import { getEntry, indexKey, putEntry } from '../../kernel/bpf-map.ts';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { findInterfaces } from '../attach/interfaces.ts';
import { openDatapath } from '../datapath.ts';
import { bytesOf, IP, TO_US, UDP } from '../kit/frames.ts';
import { openKernelProgram } from '../kit/kernel-program.ts';
import { fromPort } from '../kit/packets.ts';
import { expireAll, holdLease, ifindexOf, makeInterfaces, options, pinDirectory, tables } from '../kit/rig.ts';
import { establish, FOREVER_NS, type Scope, segment, send } from '../kit/send.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { regionsFor } from './flow-table-sizes.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const { flowGroup: GROUP, flowRow: ROW } = STRUCTS;
const WORD = 8;
const LOCKED = Buffer.alloc(WORD, 0xff);

const { GROUP_ROWS, LINE_ROWS } = CONSTANTS;

/** The program's clock goes in ticks of 4 ms. */
const SENT_EVERY_NS = 4_000_000n;
/** Two flows that share rows by chance are proven in a few; these are plenty, and the hash of the test has no chance in it. */
const ROUNDS = 30;

/** The program with a clock of its own, and the groups of TCP. */
function openWithGroups() {
  const kernel = openKernelProgram(tables().services);
  const interfaces = findInterfaces(options('')).present;
  const place = (server: number): void => {
    const slots = new Int32Array(65_537).fill(server);
    kernel.configure(
      { ...tables(), services: tables().services.map((service) => ({ ...service, slots })) },
      interfaces,
    );
  };
  place(0);
  kernel.setLease({ answerUntilNs: FOREVER_NS, forwardUntilNs: FOREVER_NS });
  kernel.setClocks({ nowNs: 10n ** 12n, tickNs: 10n ** 12n, bootNs: 10n ** 12n });
  const read = (group: number) => getEntry(kernel.descriptor('flows'), indexKey(group), GROUP.size) ?? Buffer.alloc(0);
  const put = (group: number, bytes: Buffer) => putEntry(kernel.descriptor('flows'), indexKey(group), bytes);
  return {
    kernel,
    place,
    read,
    put,
    send: (port: number, flag: 'syn' | 'ack') => kernel.run('xdp', segment(port, flag), ifindexOf('access')),
    /** The group that has the connection of that port. */
    groupOf: (port: number) => kernel.groupOf(nameOf(port), 'proven'),
    /** Where the rows are that its half-open connection may have: the entry of the array, and the first of its rows. */
    halfOpenLineOf: (port: number) => {
      const line = kernel.groupOf(nameOf(port), 'halfOpen');
      const lines = GROUP_ROWS / LINE_ROWS;
      return { line, entry: Math.floor(line / lines), first: (line % lines) * LINE_ROWS };
    },
    /** The row that the search for it begins with. */
    startOf: (port: number) => kernel.startOf(nameOf(port), GROUP_ROWS),
    established: () => kernel.counters.outcomes().FORWARDED_ESTABLISHED.packets,
  };
}

/** Of a connection from the client to the rig's web service. */
const nameOf = (port: number): string => `6 198.51.100.2:${port} > 203.0.113.10:80`;

const rowOf = (group: Buffer, row: number): Buffer => group.subarray(row * ROW.size, (row + 1) * ROW.size);

for (const [servers, what] of [
  [[0, 1], 'to two servers'],
  [[0, 0], 'to one server'],
] as const)
  t.test(`words that two CPUs have left in one row, of connections ${what}, are no connection`, async (t) => {
    const { place, send, read, put, halfOpenLineOf, established } = openWithGroups();
    const { entry, first, line } = halfOpenLineOf(1);
    const ports = Array.from({ length: 100 }, (_, at) => at + 2);
    const other = ports.find((port) => halfOpenLineOf(port).line === line) ?? 0;
    for (const [port, server] of [
      [1, servers[0]],
      [other, servers[1]],
    ] as const) {
      place(server);
      send(port, 'syn');
    }
    const both = read(entry);
    const [one, two] = [rowOf(both, first), rowOf(both, first + 1)];
    const words = [ROW.binding, ROW.addresses, ROW.identity];
    for (let mixture = 1; mixture < 2 ** words.length - 1; mixture++) {
      const row = Buffer.from(one);
      for (const [bit, at] of words.entries()) if ((mixture >> bit) & 1) two.copy(row, at, at, at + WORD);
      // Between two connections to one server the binding is the same word.
      if (row.equals(one) || words.every((at) => row.readBigUInt64LE(at) === two.readBigUInt64LE(at))) continue;
      for (const port of [1, other]) {
        const mixed = Buffer.alloc(GROUP.size);
        row.copy(mixed, first * ROW.size);
        put(entry, mixed);
        const before = established();
        send(port, 'ack');
        t.equal(established(), before, `mixture ${mixture}, port ${port}`);
      }
    }
    put(entry, both);
    const before = established();
    for (const port of [1, other]) send(port, 'ack');
    t.equal(established() - before, 2n, 'rows that were written whole are');
  });

for (const count of [3, 4, 6])
  t.test(`${count} UDP flows of one group that send in turn are all proven`, async (t) => {
    const { kernel } = openWithGroups();
    const ports = Array.from({ length: count }, (_, index) => 40_000 + index);
    const frame = bytesOf(`${TO_US} ${IP} ${UDP}`);
    for (let round = 0; round < ROUNDS; round++)
      for (const port of ports) {
        const nowNs = 10n ** 12n + BigInt(round * count + port - 40_000) * SENT_EVERY_NS;
        kernel.setClocks({ nowNs, tickNs: nowNs, bootNs: nowNs });
        kernel.run('xdp', fromPort(frame, port), ifindexOf('access'));
      }
    t.equal(kernel.flowTables.udpFlows.read().size, count);
  });

t.test('nothing enters behind a locked row: it is counted, forwarded, and not active', async (t) => {
  const { kernel, send, read, put, groupOf, startOf } = openWithGroups();
  const locked = Buffer.alloc(GROUP.size);
  LOCKED.copy(locked, startOf(1) * ROW.size + ROW.identity);
  put(groupOf(1), locked);
  send(1, 'syn');
  t.equal(send(1, 'ack').frame.readUInt8(5), 0x20, 'to its server');
  t.match(kernel.counters.ofTable('connections'), { entered: 0n, refused: 1n, limited: 0n });
  t.match(kernel.counters.outcomes(), { FORWARDED_NOT_ENTERED: { packets: 1n } });
  t.equal(kernel.counters.ofServer(0).active, 0n);
  t.equal(kernel.flowTables.halfOpen.read().size, 1, 'it is still half-open');
  const unlocked = read(groupOf(1));
  rowOf(unlocked, startOf(1)).fill(0);
  put(groupOf(1), unlocked);
  send(1, 'ack');
  t.equal(kernel.counters.ofServer(0).active, 1n, 'the next packet enters');
});

function openSmall(t: Scope) {
  const directory = pinDirectory(t);
  const datapath = openDatapath({ ...options(directory), maxConnections: 1, first: tables() });
  t.teardown(() => datapath.remove());
  holdLease(datapath.leaseFd, FOREVER_NS);
  return { datapath, directory };
}

function finOf(port: number): Buffer {
  const fin = segment(port, 'ack');
  fin.writeUInt8(0x11, 47);
  return fin;
}

t.test('a full group evicts the connection that expires first, and counts it at once', async (t) => {
  const { datapath } = openSmall(t);
  const ports = Array.from({ length: GROUP_ROWS }, (_, index) => index + 1);
  for (const port of ports) establish(datapath, port);
  send(datapath, 'xdp', finOf(5));
  establish(datapath, 100);
  const known = () =>
    [...datapath.connections()]
      .flat()
      .filter(({ connection }) => connection.state !== 'unproven')
      .map(({ flow }) => flow.sourcePort)
      .sort((a, b) => a - b);
  t.same(known(), [1, 2, 3, 4, 6, 7, 8, 100], 'the one that has sent FIN');
  t.match(datapath.tableCount('connections'), { entered: 9n, evicted: 1n, removed: 0n, refused: 0n });
  t.equal(datapath.tallies().servers.get(1)?.active, 8n);
  establish(datapath, 101);
  t.equal(known().length, GROUP_ROWS);
  t.match(datapath.tableCount('connections'), { entered: 10n, evicted: 2n });
  t.equal(datapath.tallies().servers.get(1)?.active, 8n);
});

t.test('expiry frees rows, and those behind the last used one are as if never used', async (t) => {
  const { datapath } = openSmall(t);
  const flowTable = () => [...datapath.connections()].flat().filter(({ flow }) => flow.sourcePort < 10).length;
  for (const port of [1, 2, 3]) establish(datapath, port);
  send(datapath, 'xdp', finOf(2));
  datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, finishedMs: 0 } });
  t.equal(expireAll(datapath), 1);
  t.equal(flowTable(), 2);
  t.same(
    send(datapath, 'xdp', segment(3, 'ack')).counted,
    ['FORWARDED_ESTABLISHED'],
    'a free row hides none behind it',
  );
  datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, establishedMs: 0 } });
  t.equal(expireAll(datapath), 2);
  datapath.apply(tables());
  t.equal(flowTable(), 0);
  for (const port of [4, 5]) establish(datapath, port);
  t.equal(flowTable(), 2);
  t.same(send(datapath, 'xdp', segment(5, 'ack')).counted, ['FORWARDED_ESTABLISHED']);
});

t.test(
  'whatever comes and expires, each connection is found, and a group that is empty again is as if never used',
  async (t) => {
    const { datapath, directory } = openSmall(t);
    datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, finishedMs: 0 } });
    const live = new Set<number>();
    const finish = (port: number): void => {
      send(datapath, 'xdp', finOf(port));
      t.equal(expireAll(datapath), 1);
      live.delete(port);
    };
    for (let port = 1; port <= 200; port++) {
      establish(datapath, port);
      live.add(port);
      // Any of them, as the ports say nothing of where a flow is; so the group is mostly full.
      if (live.size === GROUP_ROWS) finish([...live][(port * 7) % GROUP_ROWS] ?? port);
      const lost = [...live].filter(
        (port) => send(datapath, 'xdp', segment(port, 'ack')).counted[0] !== 'FORWARDED_ESTABLISHED',
      );
      t.same(lost, []);
    }
    for (const port of live) finish(port);
    const flows = openPinned(join(directory, 'maps/flows')) ?? 0;
    t.teardown(() => closeSync(flows));
    const group = getEntry(flows, indexKey(0), GROUP.size) ?? Buffer.alloc(0);
    const bindings = Array.from({ length: GROUP_ROWS }, (_, row) => rowOf(group, row).readBigUInt64LE(ROW.binding));
    t.same(
      bindings,
      Array.from({ length: GROUP_ROWS }, () => 0n),
    );
  },
);

t.test('a flood of first packets evicts half-open connections alone', async (t) => {
  const { datapath } = openSmall(t);
  for (let port = 1; port <= GROUP_ROWS; port++) establish(datapath, port);
  for (let port = 1000; port < 1100; port++) send(datapath, 'xdp', segment(port, 'syn'));
  const known = [...datapath.connections()].flat().map(({ flow }) => flow.sourcePort);
  t.same([known.filter((port) => port < 1000).length, known.length], [GROUP_ROWS, GROUP_ROWS + LINE_ROWS]);
  t.match(datapath.tableCount('connections'), { evicted: 0n });
});

t.test('a group is for three connections of as many as are configured, and a half-open one for two', async (t) => {
  const sizes = [1, 1000, 65_536, 1_000_000].map((flows) => {
    const { proven, halfOpen } = regionsFor({ maxConnections: flows, maxUdpFlows: 1 });
    t.same(proven.udp, { first: proven.tcp.groups, groups: 1 });
    t.equal(halfOpen.tcp.first, proven.tcp.groups + 1);
    t.equal(
      halfOpen.udp.first,
      halfOpen.tcp.first + Math.ceil(halfOpen.tcp.groups / 4),
      'four are an entry of the array',
    );
    return [proven.tcp.groups, halfOpen.tcp.groups];
  });
  t.same(sizes, [
    [1, 1],
    [334, 500],
    [21_846, 32_768],
    [333_334, 500_000],
  ]);
});
