import { closeSync } from 'node:fs';
import t from 'tap';
import { getEntry, indexKey, putEntry } from '../kernel/bpf-map.ts';
import { runProgram } from '../kernel/bpf-test-run.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { enterPrivateNamespaces, run } from '../kernel/private-namespaces.ts';
import { awaitReadable } from '../kernel/readiness.ts';
import { openPins } from './attach/pins.ts';
import { type Datapath, openDatapath } from './datapath.ts';
import type { HeldFlows } from './held-flows.ts';
import { bytesOf, IP, TO_US } from './kit/frames.ts';
import { flowFrom, heldFlowsOf, onServer, openHeldPath } from './kit/held.ts';
import { makeNode } from './kit/node.ts';
import {
  CLUSTER,
  holdLease,
  ifindexOf,
  MAC,
  options,
  pinDirectory,
  programsOf,
  rowOf,
  tables,
  withoutSlots,
} from './kit/rig.ts';
import { FOREVER_NS, type Scope, segment, send } from './kit/send.ts';
import { CONSTANTS, STRUCTS } from './program/layout.ts';
import type { HeldFrame } from './tables/held-ring.ts';
import { held } from './tables/slot.ts';

/** Frames that wait in user space, and their way on, between the two ends of veths. */

enterPrivateNamespaces(import.meta.url);
const peers = makeNode(t);

const [WEB, DNS] = [`tcp ${CLUSTER}:80`, `udp ${CLUSTER}:53`];
const SIZES = { maxExceptions: 1000 };
/** All slots of a pool, as they are in the rig's tables, with the mark or without. */
const slotsOf = (content: number) =>
  Array.from({ length: CONSTANTS.SELECTION_SLOTS }, (_, slot) => ({ slot, content }));

/** A file system of its own, which outlives a data path that is abandoned. */
function mountedPins(t: Scope): string {
  const directory = pinDirectory(t);
  run(`mount -t bpf bpf ${directory}`);
  t.teardown(() => run(`umount ${directory}`));
  return directory;
}

function next({ frames }: HeldFlows): HeldFrame {
  awaitReadable([frames.fd], 10_000);
  const [first] = frames.take(1);
  if (!first) throw new Error('no frame is held within 10 s');
  return first;
}

const readdressed = (frame: Buffer, mac: string): string =>
  `${mac}${MAC.server}`.replaceAll(':', '') + frame.toString('hex', 12);
const packets = (datapath: Datapath) =>
  Object.fromEntries(
    Object.entries(datapath.outcomes()).flatMap(([name, { packets }]) => (packets > 0n ? [[name, packets]] : [])),
  );

for (const mode of ['xdp', 'xdp-generic', 'tc'] as const)
  t.test(`by ${mode} a SYN in a held slot waits, and goes to the server of its exception`, async (t) => {
    const { datapath, heldFlows } = openHeldPath(t, mode);
    heldFlows.putSlots(rowOf(datapath, WEB), slotsOf(held(1)));
    const [syn, ack] = [segment(4000, 'syn'), segment(4000, 'ack')];
    peers.send(syn);
    const frame = next(heldFlows);
    t.match(frame, { flow: flowFrom(4000), by: 'slot', tcpFlags: 2, ifindex: ifindexOf('access') });
    t.equal(frame.frame.toString('hex', 0, syn.length), syn.toString('hex'));
    t.same(peers.received('server'), [], 'nothing leaves meanwhile');

    heldFlows.exceptions.put(frame.flow, onServer(0, false));
    t.notOk(heldFlows.release(frame), 'not before the exception is settled:');
    t.match(next(heldFlows), { flow: frame.flow, by: 'exception' }, 'it is held again');
    heldFlows.exceptions.put(frame.flow, onServer(0));
    t.ok(heldFlows.release(frame));
    t.equal(peers.next('server').toString('hex', 0, syn.length), readdressed(syn, MAC.server0));

    peers.send(ack);
    t.equal(peers.next('server').toString('hex', 0, ack.length), readdressed(ack, MAC.server0), 'the next is not held');
    t.match(packets(datapath), { HELD: 2n, FORWARDED_NEW: 1n, FORWARDED_ESTABLISHED: 1n, RELEASED: 1n });
  });

t.test(
  'a full ring sheds, and has room again when it has been read; records come in order, beyond its end too',
  async (t) => {
    const { datapath, heldFlows } = openHeldPath(t, 'xdp', {});
    heldFlows.putSlots(rowOf(datapath, WEB), slotsOf(held(1)));
    const room = 2 ** 16 / CONSTANTS.HELD_RECORD_BYTES - 1;
    for (const round of [1, 2, 3]) {
      for (let port = 0; port < room + round; port++) send(datapath, 'xdp', segment(5000 + port, 'syn'));
      const ports = heldFlows.frames.take(1000).map(({ flow }) => flow.sourcePort);
      t.same(
        ports,
        Array.from({ length: room }, (_, index) => 5000 + index),
      );
    }
    t.match(packets(datapath), { HELD: BigInt(3 * room), DROPPED_SHED: 6n });
  },
);

for (const mode of ['xdp', 'xdp-generic', 'tc'] as const)
  t.test(
    `by ${mode} a short datagram goes on, and one whose checksum was left to the network device gets it`,
    async (t) => {
      const { datapath, heldFlows } = openHeldPath(t, mode);
      heldFlows.putSlots(rowOf(datapath, DNS), slotsOf(held(0)));
      // Of one octet, in 43; where the checksum belongs is the sum of the pseudo-header alone.
      const short = bytesOf(`${TO_US} ${IP.replace('0024', '001d')} 3039 0035 0009 665b 6f`);
      peers.send(short);
      const frame = next(heldFlows);
      t.equal(frame.frame.length, short.length);
      heldFlows.exceptions.put(frame.flow, onServer(1));
      t.ok(heldFlows.release(frame));
      const left = peers.next('server').subarray(0, short.length);
      t.equal(left.toString('hex', 0, 40), readdressed(short, MAC.server1).slice(0, 80));
      t.equal(left.toString('hex', 40), 'fa2c6f', 'RFC 768');
    },
  );

t.test('what receive offload has put together is dropped, and counted as too long', async (t) => {
  const { datapath, heldFlows } = openHeldPath(t, 'tc');
  heldFlows.putSlots(rowOf(datapath, WEB), slotsOf(held(1)));
  const input = { frame: segment(4000, 'syn'), ifindex: ifindexOf('access'), hook: 'tc' as const, segmentBytes: 10 };
  runProgram(programsOf(datapath).tc(), input);
  t.same(packets(datapath), { DROPPED_TOO_LONG_TO_HOLD: 1n });
  t.same(heldFlows.frames.take(1), []);
});

t.test('marks are read back, and the next selection clears them; no server is ineligible for being held', async (t) => {
  const { datapath, heldFlows } = openHeldPath(t, 'xdp');
  const persistent = tables();
  const web = persistent.services[1];
  if (web) web.persistence = { timeoutMs: 60_000, prefix: 32 };
  datapath.apply(withoutSlots(persistent));
  for (const flag of ['syn', 'ack'] as const) send(datapath, 'xdp', segment(4000, flag));
  heldFlows.putSlots(rowOf(datapath, WEB), [...slotsOf(held(1)), { slot: 0, content: 0 }]);
  const slots = datapath.actual().services[1]?.slots ?? [];
  t.same([slots[0], slots[1]], [0, held(1)]);
  t.same(send(datapath, 'xdp', segment(4001, 'syn')).counted, ['HELD'], 'whatever server its client has');
  heldFlows.putSlots(rowOf(datapath, WEB), [...slotsOf(0), { slot: 5, content: held(1) }]);
  t.match(
    send(datapath, 'xdp', segment(4002, 'syn')).out.subarray(0, 6).toString('hex'),
    MAC.server1.replaceAll(':', ''),
    'it stays there while a held slot alone has it',
  );
  t.match(datapath.select(new Map([[WEB, web?.slots ?? new Int32Array()]])), [{ change: 'changed' }]);
  t.same(send(datapath, 'xdp', segment(4003, 'syn')).counted, ['FORWARDED_NEW']);
  t.throws(() => heldFlows.putSlots(16, slotsOf(0)), RangeError, 'there are 16 rows');
});

t.test('a new version adopts tables of before it held anything, with their connections', async (t) => {
  const settings = { ...options(mountedPins(t)), mode: 'xdp' as const };
  const before = openDatapath({ ...settings, first: tables() });
  holdLease(before.leaseFd, FOREVER_NS);
  for (const flag of ['syn', 'ack'] as const) send(before, 'xdp', segment(4000, flag));
  before.abandon();
  const pins = openPins(settings.pinDirectory);
  for (const name of ['exceptions', 'exception_filter', 'held_frames']) pins.unpinMap(name);
  const fd = pins.openMap('settings') ?? -1;
  const row = getEntry(fd, indexKey(0), STRUCTS.settings.size) ?? Buffer.alloc(0);
  row.writeUInt32LE(row.readUInt32LE(STRUCTS.settings.outcomes) - 4, STRUCTS.settings.outcomes);
  putEntry(fd, indexKey(0), row);
  closeSync(fd);

  const problems: string[] = [];
  const after = openDatapath({ ...settings, ...SIZES, problem: (text) => problems.push(text) });
  t.teardown(() => after.remove());
  t.match([after.adopted, problems], [true, []]);
  t.equal(after.connectionCount(), 1);
  heldFlowsOf(after).exceptions.put(flowFrom(4001), onServer(0));
  t.same(send(after, 'xdp', segment(4000, 'ack')).counted, ['FORWARDED_ESTABLISHED']);
});

t.test('exceptions outlive the daemon, and another size of their table', async (t) => {
  const settings = { ...options(mountedPins(t)), mode: 'xdp' as const };
  for (const maxExceptions of [1000, 1000, 2000, 100]) {
    const datapath = openDatapath({ ...settings, maxExceptions, first: tables() });
    const { exceptions } = heldFlowsOf(datapath);
    if (!datapath.adopted) exceptions.put(flowFrom(4000), onServer(0));
    t.same([...exceptions.list()].flat(), [[flowFrom(4000), onServer(0)]]);
    t.equal(exceptions.size(), 1);
    holdLease(datapath.leaseFd, FOREVER_NS);
    const { out } = send(datapath, 'xdp', segment(4000, 'syn'));
    t.equal(out.toString('hex', 0, 6), MAC.server0.replaceAll(':', ''));
    if (maxExceptions === 100) datapath.remove();
    else datapath.abandon();
  }
});

t.test('in user space nothing is held', async (t) => {
  const datapath = openDatapath({ ...options(pinDirectory(t)), mode: 'userspace', first: tables() });
  t.teardown(() => datapath.remove());
  t.equal(datapath.heldFlows, undefined);
});

const ROUND_TRIPS = 1000;

t.test(`what ${ROUND_TRIPS} held round trips take, beside flows that are not held`, async (t) => {
  const { datapath, heldFlows } = openHeldPath(t, 'xdp', { maxExceptions: 4096 });
  const [free, waited]: [number[], number[]] = [[], []];
  const roundTrip = (port: number, isHeld: boolean): number => {
    const began = monotonicNs();
    peers.send(segment(port, 'syn'));
    if (isHeld) {
      const frame = next(heldFlows);
      heldFlows.exceptions.put(frame.flow, onServer(0, false));
      heldFlows.exceptions.put(frame.flow, onServer(0));
      heldFlows.release(frame);
    }
    const arrived = peers.next('server');
    t.equal(arrived.readUInt8(5), isHeld ? 0x20 : 0x21);
    return Number(monotonicNs() - began) / 1000;
  };
  for (let round = 0; round < ROUND_TRIPS / 100; round++)
    for (const isHeld of [false, true]) {
      heldFlows.putSlots(rowOf(datapath, WEB), slotsOf(isHeld ? held(1) : 1));
      for (let index = 0; index < 100; index++)
        (isHeld ? waited : free).push(roundTrip(10_000 + 100 * round + index + (isHeld ? 20_000 : 0), isHeld));
    }
  const at = (times: number[], share: number): string =>
    `${(times.toSorted((one, other) => one - other)[Math.floor(share * times.length)] ?? 0).toFixed(0)} µs`;
  for (const [what, times] of Object.entries({ free, held: waited }))
    t.comment(`${what}: p50 ${at(times, 0.5)}, p99 ${at(times, 0.99)}, most ${at(times, 0.9999)}`);
});
