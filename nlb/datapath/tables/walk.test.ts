import t from 'tap';
import { prepareRuns } from '../../kernel/bpf-test-run.ts';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { openDatapath } from '../datapath.ts';
import type { HeldFlows } from '../held-flows.ts';
import { bytesOf, IP, TO_US, UDP } from '../kit/frames.ts';
import { holdLease, ifindexOf, makeInterfaces, options, pinDirectory, programsOf, tables } from '../kit/rig.ts';
import { FOREVER_NS, type Scope, segment } from '../kit/send.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { nameOfFlow, numbersOf } from '../specification/flow.ts';
import { slotOf } from '../specification/placement.ts';
import { flowRows, PROVEN_ROWS } from './flow-table.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const { flowRow: ROW } = STRUCTS;
const AT = { source: 26, sourcePort: 34 } as const;
const [FLOWS, SLOTS] = [20_000, 65_537];

/** With half-open and proven connections of both protocols, from addresses and ports all over. */
function openFilled(t: Scope) {
  const sizes = { maxConnections: 2 * FLOWS, maxUdpFlows: FLOWS, maxExceptions: 1 };
  // Web goes to server 0 and DNS to server 1, so that no server has the number of its service.
  const [dns, web] = tables().services.map(({ slots }) => slots);
  const services = tables().services.map((service, index) => ({
    ...service,
    slots: (index === 0 ? web : dns) ?? service.slots,
  }));
  const first = { ...tables(), services };
  const datapath = openDatapath({ ...options(pinDirectory(t)), ...sizes, mode: 'xdp', first });
  t.teardown(() => datapath.remove());
  holdLease(datapath.leaseFd, FOREVER_NS);
  const frames = [segment(1, 'syn'), segment(1, 'ack'), bytesOf(`${TO_US} ${IP} ${UDP}`)];
  const run = frames.map((frame) => prepareRuns(programsOf(datapath).xdp(), { frame, ifindex: ifindexOf('access') }));
  for (let flow = 0; flow < FLOWS; flow++)
    for (const [kind, runner] of run.entries()) {
      runner.frame.writeUInt32BE((Math.imul(flow, 0x9e37_79b1) >>> 0) % 0xe000_0000, AT.source);
      runner.frame.writeUInt16BE(Math.imul(flow, 40_503) & 0xffff, AT.sourcePort);
      // A quarter of all stay half-open.
      if (kind !== 1 || flow % 4 > 0) runner.run();
      if (kind === 2 && flow % 4 > 0) runner.run();
    }
  const heldFlows = datapath.heldFlows?.();
  if (!heldFlows) throw new Error('this data path holds nothing');
  return { datapath, heldFlows };
}

const walked = (heldFlows: HeldFlows, ...isWanted: Parameters<HeldFlows['walk']>): string[] =>
  [...heldFlows.walk(...isWanted)]
    .flat()
    .map(({ flow, server, serverAddress }) => `${nameOfFlow(flow)} to ${server}, ${serverAddress}`)
    .sort();

/** The first of them: to compare all takes the test minutes where they differ. */
const differences = (one: string[], other: string[]): string[] =>
  [...one, ...other].filter((_, at) => one[at] !== other[at]).slice(0, 3);

t.test('a walk finds what the tables are read to hold, and with a filter what that wants', async (t) => {
  const { datapath, heldFlows } = openFilled(t);
  const all = [...datapath.connections()].flat();
  const said = (some: typeof all): string[] =>
    some
      .map(({ flow, connection: { server, serverAddress } }) => `${nameOfFlow(flow)} to ${server}, ${serverAddress}`)
      .sort();
  t.ok(all.length > FLOWS, `${all.length} connections`);
  t.same(differences(walked(heldFlows), said(all)), []);
  for (const prefix of [undefined, 8]) {
    const isWanted = (flow: ReturnType<typeof numbersOf>) => slotOf(flow, SLOTS, prefix) < SLOTS / 20;
    const wanted = all.filter(({ flow }) => isWanted(numbersOf(flow)));
    t.ok(wanted.length > 0 && wanted.length < all.length / 10, `${wanted.length} are wanted`);
    t.same(differences(walked(heldFlows, isWanted), said(wanted)), []);
  }
  const services = new Set<string>();
  walked(heldFlows, ({ protocol, service }) => Boolean(services.add(`${protocol} in ${service}`)));
  t.same([...services].sort(), ['17 in 0', '6 in 1']);
});

t.test('a step is short, however many are wanted', async (t) => {
  const { heldFlows } = openFilled(t);
  const before = process.threadCpuUsage();
  const steps = [...heldFlows.walk()].map((found) => found.length);
  const { user, system } = process.threadCpuUsage(before);
  t.ok(Math.max(...steps) < 32 + 4 * PROVEN_ROWS, `${Math.max(...steps)} at most`);
  t.comment(`${steps.reduce((sum, count) => sum + count)} connections: ${(user + system) / 1000} ms`);
});

t.test('a row that another thread has locked is no connection', async (t) => {
  const memory = new ArrayBuffer(32 * PROVEN_ROWS);
  const rows = flowRows(memory, { first: 0, groups: 1 }, PROVEN_ROWS, 0n);
  new Uint8Array(memory).fill(0xff);
  let visited = 0;
  rows.scan(0, 1, () => visited++);
  t.same([visited, rows.look(0)], [0, undefined]);
});

t.test('nor is one that a processor is just taking: its state comes first, and its server last', async (t) => {
  const memory = new ArrayBuffer(32 * PROVEN_ROWS);
  const rows = flowRows(memory, { first: 0, groups: 1 }, PROVEN_ROWS, 0n);
  const words = new BigUint64Array(memory, 0, ROW.size / 8);
  words[ROW.identity / 8] = (BigInt(CONSTANTS.STATE_ESTABLISHED) << 40n) | 1n;
  t.equal(rows.look(0), undefined, 'it would be counted for the server of the number 0');
  words[ROW.binding / 8] = (0x0a4d_0214n << 32n) | 7n;
  t.match(rows.look(0), { state: CONSTANTS.STATE_ESTABLISHED, server: 7 });
});
