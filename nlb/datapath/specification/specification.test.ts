import t from 'tap';
import { ASK, bytesOf, CASES, IP_TCP, NLBS_IP, TO_ALL } from '../kit/frames.ts';
import { MAC, tables } from '../kit/rig.ts';
import { change, type Line, reselect, SERVER0, SERVER1, story, tallies, tcp, udp } from '../kit/story.ts';
import { openTalk } from '../kit/talk.ts';
import { CONSTANTS } from '../program/layout.ts';
import type { Tables } from '../tables/tables.ts';

/** What the specification says, in literal cases; that the kernel's program does the same, differential.test.ts shows. */

t.test('each frame goes one way', async (t) => {
  const talk = openTalk();
  for (const { what, frame: hex, outcome, on, unleased } of CASES) {
    const frame = bytesOf(hex);
    const said = unleased ? sayUnleased(hex, on) : talk.say(hex, on);
    t.equal(said.outcome, outcome, what);
    const addresses = `${hex.includes(IP_TCP) ? MAC.server1 : MAC.server0}${MAC.server}`.replaceAll(':', '');
    const expected = said.to === undefined ? frame : Buffer.concat([bytesOf(addresses), frame.subarray(12)]);
    t.ok(said.frame.equals(expected), `${what}: octets`);
  }
});

function sayUnleased(hex: string, on?: 'server') {
  const talk = openTalk();
  talk.endLease();
  return talk.say(hex, on);
}

t.test(
  'a lease is judged by the last tick only to forward, and only where it goes on for longer than the margin',
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
      const talk = openTalk();
      talk.holdLease(leftNs, lateNs);
      const what = `${leftNs} ns left, ${lateNs} ns late`;
      t.equal(talk.say(udp()).outcome, forwards ? 'FORWARDED_NEW' : 'DROPPED_NO_LEASE', what);
      t.equal(talk.say(ask).outcome, answers ? 'PASSED_ARP_NLBS' : 'DROPPED_ARP_NO_LEASE', `${what}: ARP`);
    }
  },
);

const connections = (ledger: ReturnType<typeof story>) =>
  [...ledger.kept.connections.values()].map(({ state }) => state);
t.test('the second packet proves a connection, a repeated SYN and a reset do not', async (t) => {
  const ledger = story(t, [
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

t.test('FIN and RST end what counts as active, and what comes after goes the same way', async (t) => {
  const open: Line[] = [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [reselect(0)],
  ];
  const finished = story(t, [
    ...open,
    [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  t.same([connections(finished), tallies(finished)], [['finished'], [[1, 4, 1, 0]]]);
  const reset = story(t, [
    ...open,
    [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  t.same([connections(reset), tallies(reset)], [['reset'], [[1, 4, 1, 0]]]);
});

t.test('a SYN begins a connection anew where the old one has ended, and nowhere else', async (t) => {
  story(t, [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [reselect(0)],
    [tcp('S'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('SA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S'), 'FORWARDED_NEW', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
});

t.test('a connection is forgotten when its state’s time is over, to the millisecond', async (t) => {
  for (const [state, last, ms] of [
    ['unproven', 'S', 240_000],
    ['established', 'A', 7_440_000],
    ['finished', 'FA', 240_000],
    ['reset', 'RA', 240_000],
  ] as const) {
    const before: Line[] = [[tcp('S'), 'FORWARDED_NEW', SERVER1]];
    if (state !== 'unproven') before.push([tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]);
    if (state === 'finished' || state === 'reset') before.push([tcp(last), 'FORWARDED_ESTABLISHED', SERVER1]);
    story(t, [...before, [reselect(0)], [ms - 1], [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]]);
    const ledger = story(t, [...before, [reselect(0)], [ms], [tcp('A'), 'FORWARDED_NEW', SERVER0]]);
    t.ok(
      [...ledger.servers.values()].every(({ active }) => active === 0n),
      `${state}: none is active`,
    );
  }
  const talk: Line[] = [
    [udp(), 'FORWARDED_NEW', SERVER0],
    [udp(), 'FORWARDED_ESTABLISHED', SERVER0],
  ];
  story(t, [...talk, [300_000], [udp(), 'FORWARDED_NEW', SERVER0]]);
  story(t, [...talk, [299_999], [udp(), 'FORWARDED_ESTABLISHED', SERVER0]]);
});

t.test('a server that is in no slot keeps its connections, proved or not, and gets no new ones', async (t) => {
  story(t, [
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
  const ledger = story(t, [
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

t.test('the slot alone decides: where its server is gone, nothing is sent until it has another', async (t) => {
  const everyOther = (told: Tables): void => {
    for (const service of told.services) service.slots = service.slots.map((_, slot) => slot % 2);
  };
  const talk = openTalk();
  const told = tables();
  everyOther(told);
  change(1, { kept: false })(told);
  talk.tell(told);
  const outcomes = [1, 2, 3, 4, 5, 6].map((port) => talk.say(tcp('S', 2, port)).outcome);
  t.same([...new Set(outcomes)].sort(), ['DROPPED_NO_SERVER', 'FORWARDED_NEW']);
  reselect(0)(told);
  talk.tell(told);
  for (const port of [11, 12, 13, 14, 15, 16]) t.equal(talk.say(tcp('S', 2, port)).to, SERVER0);
});

t.test('a service of any port has the ports that no other has', async (t) => {
  const any = (told: Tables): void => {
    const [service] = told.services;
    const slots = new Int32Array(service?.slots ?? []).fill(0);
    told.services.push({ address: '203.0.113.10', protocol: 'tcp', port: 0, slots });
  };
  const without80 = (told: Tables): void => {
    told.services = told.services.filter(({ port }) => port !== 80);
  };
  const to22 = tcp('S').replace('0050', '0016');
  story(t, [
    [to22, 'DROPPED_NOT_SERVED'],
    [any],
    [to22, 'FORWARDED_NEW', SERVER0],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [without80],
    [tcp('A'), 'FORWARDED_NEW', SERVER0],
  ]);
  const ledger = story(t, [
    [any],
    [without80],
    [tcp('S'), 'FORWARDED_NEW', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
    [(told) => told.services.push(...tables().services.filter(({ port }) => port === 80))],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  t.same([...ledger.services.keys()], ['tcp 203.0.113.10:0'], 'a connection stays with the service it began with');
});

t.test('a client stays on its server where the service says so, once a connection has proved itself', async (t) => {
  const persists = (prefix: number) => (told: Tables) => {
    for (const service of told.services) service.persistence = { timeoutMs: 60_000, prefix };
  };
  /** Server 1 is in one slot alone, which is nobody's here; so it still gets new flows. */
  const hardlyAny = (told: Tables): void => {
    for (const service of told.services) service.slots = service.slots.map((_, slot) => (slot === 0 ? 1 : 0));
  };
  const bound: Line[] = [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ];
  const first: Line[] = [...bound, [hardlyAny]];
  story(t, [
    [persists(32)],
    ...first,
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER1],
    [tcp('S', 3), 'FORWARDED_NEW', SERVER0],
    [59_999],
    [tcp('S', 2, 6), 'FORWARDED_NEW', SERVER1],
    [1],
    [tcp('S', 2, 7), 'FORWARDED_NEW', SERVER0],
  ]);
  story(t, [[persists(24)], ...first, [tcp('S', 77), 'FORWARDED_NEW', SERVER1]]);
  story(t, [[persists(32)], ...first, [change(1, { kept: false })], [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0]]);
  // What the service gives nothing new, as where its check fails there, gets nothing new from clients that were there either.
  story(t, [
    [persists(32)],
    ...bound,
    [reselect(0)],
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  story(t, [
    [persists(32)],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [reselect(0)],
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0],
  ]);
});
