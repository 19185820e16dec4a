import t from 'tap';
import { CONSTANTS, type OutcomeName } from './layout.ts';
import type { ServerEntry, Tables } from './tables.ts';
import { ASK, bytesOf, CASES, IP, IP_TCP, NLBS_IP, TCP, TO_ALL, TO_SERVER_SIDE, TO_US, UDP } from './test-frames.ts';
import { MAC, tables } from './test-rig.ts';
import { openTalk } from './test-talk.ts';

/** What the specification says, in literal cases; that the kernel's program does the same, differential.test.ts shows. */

const [SERVER0, SERVER1] = [0x20, 0x21];

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

/** A TCP segment of client 198.51.100.CLIENT with those flags, to port 80. */
function tcp(flags: string, client = 2, port = 0x3039): string {
  const bits = { S: 2, A: 16, F: 1, R: 4, P: 8 } as Record<string, number>;
  const octet = [...flags].reduce((sum, flag) => sum | (bits[flag] ?? 0), 0);
  const [ip, ports] = [IP_TCP.replace('c6336402', `c63364${hex2(client)}`), `${hex2(port >> 8)}${hex2(port & 0xff)}`];
  return `${TO_US} ${ip} ${ports} ${TCP.slice(5).replace('5002', `50${hex2(octet)}`)}`;
}
const udp = (client = 2): string => `${TO_US} ${IP.replace('c6336402', `c63364${hex2(client)}`)} ${UDP}`;
const hex2 = (octet: number): string => octet.toString(16).padStart(2, '0');

type Line = [frame: string | number | ((tables: Tables) => void), outcome?: OutcomeName, to?: number];

/** Tell a story: frames and what becomes of them; milliseconds that pass; what the control plane changes. */
function story(t: { same(found: unknown, wanted: unknown, what: string): unknown }, lines: Line[]) {
  const talk = openTalk();
  const told = tables();
  for (const [index, [event, outcome, to]] of lines.entries()) {
    if (typeof event === 'number') talk.wait(event);
    else if (typeof event === 'string') {
      const said = talk.say(event);
      t.same([said.outcome, said.to], [outcome, to], `line ${index + 1}: ${outcome}`);
    } else {
      event(told);
      talk.tell(told);
    }
  }
  return talk.ledger;
}

const change = (id: number, wanted: Partial<ServerEntry>) => (told: Tables) => {
  told.servers = told.servers.map((server) => (server.id === id ? { ...server, ...wanted } : server));
};
const reselect = (id: number) => (told: Tables) => {
  for (const service of told.services) service.slots.fill(id);
};

const connections = (ledger: ReturnType<typeof story>) =>
  [...ledger.kept.connections.values()].map(({ state }) => state);
const tallies = (ledger: ReturnType<typeof story>) =>
  [...ledger.servers].map(([id, { packets, opened, active }]) => [id, Number(packets), Number(opened), Number(active)]);

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

t.test('a draining server keeps its connections, proved or not, and gets no new ones', async (t) => {
  story(t, [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('S', 3), 'FORWARDED_NEW', SERVER1],
    [tcp('A', 3), 'FORWARDED_ESTABLISHED', SERVER1],
    [change(1, { draining: true })],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('A', 3), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S', 4), 'DROPPED_NO_SERVER'],
    [reselect(0)],
    [tcp('S', 4), 'FORWARDED_NEW', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
});

t.test('connections of a dead server move, and are counted where they are', async (t) => {
  const ledger = story(t, [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S', 3), 'FORWARDED_NEW', SERVER1],
    [change(1, { usable: false })],
    [tcp('A'), 'DROPPED_NO_SERVER'],
    [reselect(0)],
    [tcp('A'), 'FORWARDED_MOVED', SERVER0],
    [tcp('A', 3), 'FORWARDED_MOVED', SERVER0],
    [change(1, { usable: true })],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  t.same(tallies(ledger), [
    [1, 3, 2, 0],
    [0, 3, 0, 2],
  ]);
});

t.test('the next slot has a server where the flow’s own has none', async (t) => {
  const everyOther = (told: Tables): void => {
    for (const { slots } of told.services) for (let slot = 0; slot < slots.length; slot++) slots[slot] = slot % 2;
  };
  const lines = [1, 2, 3, 4, 5, 6].map((port): Line => [tcp('S', 2, port), 'FORWARDED_NEW', SERVER0]);
  story(t, [[everyOther], [change(1, { usable: false })], ...lines]);
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
  const first: Line[] = [
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [reselect(0)],
  ];
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
  story(t, [[persists(32)], ...first, [change(1, { draining: true })], [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0]]);
  story(t, [[persists(32)], ...first, [change(1, { usable: false })], [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0]]);
  story(t, [
    [persists(32)],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [reselect(0)],
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER0],
  ]);
});

/** The datagram of number ID from the client's port PORT, as that fragment of it; offsets in units of eight octets. */
function fragment(id: number, offset: number, more: boolean, port = 0x3039): string {
  const flags = ((more ? 0x2000 : 0) | offset).toString(16).padStart(4, '0');
  const header = IP.replace('1234 4000', `${id.toString(16).padStart(4, '0')} ${flags}`);
  return `${TO_US} ${header} ${UDP.replace('3039', port.toString(16).padStart(4, '0'))}`;
}

/** Server 0 has the client's flow; new ones, and what has no ports, go to server 1. */
const established: Line[] = [
  [udp(), 'FORWARDED_NEW', SERVER0],
  [udp(), 'FORWARDED_ESTABLISHED', SERVER0],
  [reselect(1)],
];

t.test('all fragments of a datagram go where the first of them to come goes', async (t) => {
  const inOrder = story(t, [
    ...established,
    [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0],
    [fragment(1, 2, true), 'FORWARDED_FRAGMENT', SERVER0],
    [fragment(1, 4, false), 'FORWARDED_FRAGMENT', SERVER0],
  ]);
  t.same(tallies(inOrder), [[0, 5, 1, 1]]);
  story(t, [
    ...established,
    [fragment(2, 4, false), 'FORWARDED_FRAGMENT', SERVER1],
    [fragment(2, 0, true), 'FORWARDED_FRAGMENT', SERVER1],
    [fragment(2, 2, true), 'FORWARDED_FRAGMENT', SERVER1],
    [fragment(3, 0, true), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
});

t.test('a number that is used again is that of another datagram', async (t) => {
  story(t, [
    ...established,
    [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0],
    [fragment(1, 0, true, 5), 'FORWARDED_NEW', SERVER1],
    [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1],
  ]);
});

t.test('a datagram is forgotten with its time, its server or its service', async (t) => {
  const begun: Line[] = [...established, [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0]];
  story(t, [...begun, [29_999], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER0]]);
  story(t, [...begun, [30_000], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
  story(t, [...begun, [change(0, { usable: false })], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
  const nothing = (told: Tables): void => {
    told.services = told.services.filter(({ protocol }) => protocol === 'tcp');
  };
  story(t, [...begun, [nothing], [fragment(1, 2, false), 'DROPPED_FRAGMENT']]);
});

t.test('a fragment that comes first is for the service of any port, or else of the lowest', async (t) => {
  const more = (port: number, id: number) => (told: Tables) =>
    told.services.push({ address: '203.0.113.10', protocol: 'udp', port, slots: new Int32Array(65_537).fill(id) });
  story(t, [[more(54, 1)], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER0]]);
  story(t, [[more(7, 1)], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
  story(t, [[more(0, 1)], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
});

t.test('an ICMP error goes to the server of the flow that it quotes, and changes nothing', async (t) => {
  const error = CASES.find(({ what }) => what === 'fragmentation needed')?.frame ?? '';
  const about = (ledger: ReturnType<typeof story>) => [[...ledger.kept.connections], [...ledger.kept.embryos]];
  const without = story(t, established);
  const known = story(t, [...established, [1000], [error, 'FORWARDED_ICMP', SERVER0]]);
  t.same(about(known), about(without));
  t.same(tallies(known), [[0, 3, 1, 1]]);
  const embryo = story(t, [[udp(), 'FORWARDED_NEW', SERVER0], [reselect(1)], [error, 'FORWARDED_ICMP', SERVER0]]);
  t.equal(embryo.kept.connections.size, 0);
  const unknown = story(t, [[error, 'FORWARDED_ICMP', SERVER0]]);
  t.same(about(unknown), [[], []], 'where nothing is known of the flow it is placed as the flow would be');
});

t.test('a tagged frame is left to its VLAN’s interface where that is one of ours', async (t) => {
  const talk = openTalk({ vlan: { parent: 1, id: 5 } });
  const tagged = (tags: string): string => `${TO_US} ${tags} ${IP} ${UDP}`;
  for (const [tags, outcome] of [
    ['8100 0005', 'PASSED_TAGGED'],
    ['8100 e005', 'PASSED_TAGGED'],
    ['88a8 0005 8100 0006', 'PASSED_TAGGED'],
    ['8100 0006', 'DROPPED_TAGGED'],
    ['88a8 0006 8100 0005', 'DROPPED_TAGGED'],
    ['8100 0000', 'DROPPED_TAGGED'],
  ] as const) {
    t.equal(talk.say(tagged(tags)).outcome, outcome, tags);
  }
  t.equal(talk.say(tagged('8100 0005').replace(TO_US, TO_SERVER_SIDE), 'server').outcome, 'DROPPED_SERVER_SIDE');
  t.equal(talk.say(`${TO_ALL} 8100 0005 ${ASK} ${NLBS_IP}`).outcome, 'PASSED_TAGGED', 'ARP, too');
});
