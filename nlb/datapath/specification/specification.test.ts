import t from 'tap';
import { ASK, bytesOf, CASES, IP_TCP, NLBS_IP, TO_ALL } from '../kit/frames.ts';
import { MAC, tables } from '../kit/rig.ts';
import {
  change,
  playScenario,
  reselect,
  type ScenarioLine,
  SERVER0,
  SERVER1,
  tallies,
  tcp,
  udp,
} from '../kit/scenario.ts';
import { openSpecification } from '../kit/specification-under-test.ts';
import { CONSTANTS } from '../program/layout.ts';
import type { SelectedTables } from '../tables/tables.ts';
import { flowNamed, numbersOf } from './flow.ts';
import { slotOf } from './placement.ts';

/** What the specification says, in literal cases; that the kernel's program does the same, differential.test.ts shows. */

t.test('each frame has its outcome', async (t) => {
  const specification = openSpecification();
  for (const { what, frame: hex, outcome, on, unleased } of CASES) {
    const frame = bytesOf(hex);
    const forwarded = unleased ? receiveUnleased(hex, on) : specification.receive(hex, on);
    t.equal(forwarded.outcome, outcome, what);
    const addresses = `${hex.includes(IP_TCP) ? MAC.server1 : MAC.server0}${MAC.server}`.replaceAll(':', '');
    const expected = forwarded.to === undefined ? frame : Buffer.concat([bytesOf(addresses), frame.subarray(12)]);
    t.ok(forwarded.frame.equals(expected), `${what}: octets`);
  }
});

function receiveUnleased(hex: string, on?: 'server') {
  const specification = openSpecification();
  specification.endLease();
  return specification.receive(hex, on);
}

t.test(
  'the last tick decides only on forwarding, and only while more than the margin of the lease remains',
  async (t) => {
    const MARGIN = CONSTANTS.LEASE_MARGIN_NS;
    const ask = `${TO_ALL} ${ASK} ${NLBS_IP}`;
    // Nanoseconds that the lease goes on for, and that the clock of the last tick is late.
    for (const [leftNs, lateNs, forwards, answers] of [
      [1, 4_000_000, true, true],
      [0, 4_000_000, false, false],
      [0, MARGIN, false, false],
      [0, MARGIN + 1, true, false],
      [-1, MARGIN + 1, false, false],
    ] as const) {
      const specification = openSpecification();
      specification.holdLease(leftNs, lateNs);
      const what = `${leftNs} ns left, ${lateNs} ns late`;
      t.equal(specification.receive(udp()).outcome, forwards ? 'FORWARDED_NEW' : 'DROPPED_NO_LEASE', what);
      t.equal(specification.receive(ask).outcome, answers ? 'PASSED_ARP_NLBS' : 'DROPPED_ARP_NO_LEASE', `${what}: ARP`);
    }
  },
);

const connections = ({ flowTables }: ReturnType<typeof playScenario>) =>
  [...flowTables.connections.values(), ...flowTables.udpFlows.values()].map(({ state }) => state);
t.test('the second packet proves a connection, a repeated SYN and a reset do not', async (t) => {
  const ledger = playScenario(t, [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('S'), 'FORWARDED_REPEATED', SERVER1],
    [tcp('R'), 'FORWARDED_REPEATED', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('PA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [udp(), 'FORWARDED_NEW', SERVER0],
    [udp(), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  t.same(connections(ledger), ['established', 'datagrams']);
  t.same(tallies(ledger), [
    [1, 5, 1, 1],
    [0, 2, 1, 1],
  ]);
});

t.test('after FIN or RST a connection is not active, and later packets go to the same server', async (t) => {
  const open: ScenarioLine[] = [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [reselect(0)],
  ];
  const finished = playScenario(t, [
    ...open,
    [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  t.same([connections(finished), tallies(finished)], [['finished'], [[1, 4, 1, 0]]]);
  const reset = playScenario(t, [
    ...open,
    [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('RA'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  t.same([connections(reset), tallies(reset)], [['reset'], [[1, 4, 1, 0]]]);
});

t.test('a SYN begins a connection again only after the previous one has ended', async (t) => {
  playScenario(t, [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('SA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
});

t.test('a connection expires by its state’s timeout, to the millisecond', async (t) => {
  for (const [state, last, ms] of [
    ['unproven', 'S', 240_000],
    ['established', 'A', 7_440_000],
    ['finished', 'FA', 240_000],
    ['reset', 'RA', 240_000],
  ] as const) {
    const before: ScenarioLine[] = [[tcp('S'), 'FORWARDED_NEW', SERVER1]];
    if (state !== 'unproven') before.push([tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]);
    if (state === 'finished' || state === 'reset') before.push([tcp(last), 'FORWARDED_ESTABLISHED', SERVER1]);
    playScenario(t, [...before, [reselect(0)], [ms - 1], [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]]);
    const ledger = playScenario(t, [...before, [reselect(0)], [ms], [tcp('A'), 'FORWARDED_NEW', SERVER0]]);
    t.ok(
      [...ledger.servers.values()].every(({ active }) => active === 0n),
      `${state}: none is active`,
    );
  }
  const lines: ScenarioLine[] = [
    [udp(), 'FORWARDED_NEW', SERVER0],
    [udp(), 'FORWARDED_ESTABLISHED', SERVER0],
  ];
  playScenario(t, [...lines, [300_000], [udp(), 'FORWARDED_NEW', SERVER0]]);
  playScenario(t, [...lines, [299_999], [udp(), 'FORWARDED_ESTABLISHED', SERVER0]]);
});

t.test('a server that is in no slot keeps its connections, proven or not, and gets no new ones', async (t) => {
  playScenario(t, [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('S', 3), 'FORWARDED_NEW', SERVER1],
    [tcp('A', 3), 'FORWARDED_ESTABLISHED', SERVER1],
    [reselect(0)],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('A', 3), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S', 4), 'FORWARDED_NEW', SERVER0],
    [reselect(-1)],
    [tcp('S', 5), 'DROPPED_NO_SERVER'],
    [tcp('A', 3), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
});

t.test('connections of a server that is gone move, and are counted where they are', async (t) => {
  const ledger = playScenario(t, [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S', 3), 'FORWARDED_NEW', SERVER1],
    [change(1, { kept: false })],
    [tcp('A'), 'DROPPED_NO_SERVER'],
    [reselect(0)],
    [tcp('A'), 'FORWARDED_MOVED', SERVER0],
    [tcp('A', 3), 'FORWARDED_MOVED', SERVER0],
    [change(1, { kept: true })],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  t.same(tallies(ledger), [
    [1, 3, 2, 0],
    [0, 3, 0, 2],
  ]);
});

t.test('the slot alone decides: if its server is gone, nothing is sent until the slot has another', async (t) => {
  const everyOther = (wanted: SelectedTables<Int32Array>): void => {
    for (const service of wanted.services) service.slots = service.slots.map((_, slot) => slot % 2);
  };
  const specification = openSpecification();
  const wanted = tables();
  everyOther(wanted);
  change(1, { kept: false })(wanted);
  specification.configure(wanted);
  const outcomes = [1, 2, 3, 4, 5, 6].map((port) => specification.receive(tcp('S', 2, port)).outcome);
  t.same([...new Set(outcomes)].sort(), ['DROPPED_NO_SERVER', 'FORWARDED_NEW']);
  reselect(0)(wanted);
  specification.configure(wanted);
  for (const port of [11, 12, 13, 14, 15, 16]) t.equal(specification.receive(tcp('S', 2, port)).to, SERVER0);
});

t.test('a service of any port has the ports that no other has', async (t) => {
  const any = (wanted: SelectedTables<Int32Array>): void => {
    const [service] = wanted.services;
    const slots = new Int32Array(service?.slots ?? []).fill(0);
    wanted.services.push({ address: '203.0.113.10', protocol: 'tcp', port: 0, slots });
  };
  const without80 = (wanted: SelectedTables<Int32Array>): void => {
    wanted.services = wanted.services.filter(({ port }) => port !== 80);
  };
  const to22 = tcp('S').replace('0050', '0016');
  playScenario(t, [
    [to22, 'DROPPED_NOT_SERVED'],
    [any],
    [to22, 'FORWARDED_NEW', SERVER0],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [without80],
    [tcp('A'), 'FORWARDED_NEW', SERVER0],
  ]);
  const ledger = playScenario(t, [
    [any],
    [without80],
    [tcp('S'), 'FORWARDED_NEW', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
    [(wanted) => wanted.services.push(...tables().services.filter(({ port }) => port === 80))],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  t.same([...ledger.services.keys()], ['tcp 203.0.113.10:0'], 'a connection stays with the service it began with');
});

t.test('with affinity all flows from one network have one slot, and without it each has its own', async (t) => {
  const flows = [1, 2, 3].map((host) => flowNamed(`6 198.51.100.${host}:${4000 + host} > 203.0.113.10:${80 + host}`));
  const slots = (prefix?: number) => new Set(flows.map((flow) => slotOf(numbersOf(flow), 65_537, prefix))).size;
  t.same([slots(), slots(32), slots(24)], [3, 3, 1]);
});

t.test('a client stays on its server where the service says so, once a connection is proven', async (t) => {
  const persists = (prefix: number) => (wanted: SelectedTables<Int32Array>) => {
    for (const service of wanted.services) service.persistence = { timeoutMs: 60_000, prefix };
  };
  /** Server 1 is in one slot alone, which is nobody's here; so it still gets new flows. */
  const hardlyAny = (wanted: SelectedTables<Int32Array>): void => {
    for (const service of wanted.services) service.slots = service.slots.map((_, slot) => (slot === 0 ? 1 : 0));
  };
  const bound: ScenarioLine[] = [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ];
  const first: ScenarioLine[] = [...bound, [hardlyAny]];
  playScenario(t, [
    [persists(32)],
    ...first,
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER1],
    [tcp('S', 3), 'FORWARDED_NEW', SERVER0],
    [59_999],
    [tcp('S', 2, 6), 'FORWARDED_NEW', SERVER1],
    [1],
    [tcp('S', 2, 7), 'FORWARDED_NEW', SERVER0],
  ]);
  playScenario(t, [[persists(24)], ...first, [tcp('S', 77), 'FORWARDED_NEW', SERVER1]]);
  playScenario(t, [[persists(32)], ...first, [change(1, { kept: false })], [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0]]);
  // What the service gives nothing new, as where its check fails there, gets nothing new from clients that were there either.
  playScenario(t, [
    [persists(32)],
    ...bound,
    [reselect(0)],
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  playScenario(t, [
    [persists(32)],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [reselect(0)],
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0],
  ]);
});
