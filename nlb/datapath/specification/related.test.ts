import t from 'tap';
import { ASK, CASES, IP, NLBS_IP, TO_ALL, TO_SERVER_SIDE, TO_US, UDP } from '../kit/frames.ts';
import { change, playScenario, reselect, type ScenarioLine, SERVER0, SERVER1, tallies, udp } from '../kit/scenario.ts';
import { openSpecification } from '../kit/specification-under-test.ts';
import type { Tables } from '../tables/tables.ts';

/** What the specification says of packets that follow others, and of tagged ones. */

/** The datagram of number ID from the client's port PORT, as that fragment of it; offsets in units of eight octets. */
function fragment(id: number, offset: number, more: boolean, port = 0x3039): string {
  const flags = ((more ? 0x2000 : 0) | offset).toString(16).padStart(4, '0');
  const header = IP.replace('1234 4000', `${id.toString(16).padStart(4, '0')} ${flags}`);
  return `${TO_US} ${header} ${UDP.replace('3039', port.toString(16).padStart(4, '0'))}`;
}

/** Server 0 has the client's flow; new ones, and what has no ports, go to server 1. */
const established: ScenarioLine[] = [
  [udp(), 'FORWARDED_NEW', SERVER0],
  [udp(), 'FORWARDED_ESTABLISHED', SERVER0],
  [reselect(1)],
];

t.test('all fragments of a datagram go where the first one to arrive goes', async (t) => {
  const inOrder = playScenario(t, [
    ...established,
    [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0],
    [fragment(1, 2, true), 'FORWARDED_FRAGMENT', SERVER0],
    [fragment(1, 4, false), 'FORWARDED_FRAGMENT', SERVER0],
  ]);
  t.same(tallies(inOrder), [[0, 5, 1, 1]]);
  playScenario(t, [
    ...established,
    [fragment(2, 4, false), 'FORWARDED_FRAGMENT', SERVER1],
    [fragment(2, 0, true), 'FORWARDED_FRAGMENT', SERVER1],
    [fragment(2, 2, true), 'FORWARDED_FRAGMENT', SERVER1],
    [fragment(3, 0, true), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
});

t.test('only datagrams of proven flows are in the table of those', async (t) => {
  const tablesOf = (lines: ScenarioLine[]) => {
    const { flowTables } = playScenario(t, [...established, ...lines]);
    return [[...flowTables.fragments.values()].length, [...flowTables.unprovenFragments.values()].length];
  };
  t.same(tablesOf([[fragment(1, 2, true), 'FORWARDED_FRAGMENT', SERVER1]]), [0, 1], 'a middle may be anybody’s');
  t.same(tablesOf([[fragment(1, 0, true, 5), 'FORWARDED_NEW', SERVER1]]), [0, 1], 'and so may a first one');
  t.same(tablesOf([[fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0]]), [1, 0]);
  const again: ScenarioLine[] = [
    [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0],
    [fragment(1, 0, true, 5), 'FORWARDED_NEW', SERVER1],
    [fragment(1, 2, true), 'FORWARDED_FRAGMENT', SERVER1],
  ];
  t.same(tablesOf(again), [0, 1], 'and it is in one of the two');
  t.same(tablesOf([...again, [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0]]), [1, 0]);
});

t.test('a reused id is that of another datagram', async (t) => {
  playScenario(t, [
    ...established,
    [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0],
    [fragment(1, 0, true, 5), 'FORWARDED_NEW', SERVER1],
    [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1],
  ]);
});

t.test('a datagram is forgotten by timeout, or with its server or service', async (t) => {
  const begun: ScenarioLine[] = [...established, [fragment(1, 0, true), 'FORWARDED_ESTABLISHED', SERVER0]];
  playScenario(t, [...begun, [29_999], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER0]]);
  playScenario(t, [...begun, [30_000], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
  playScenario(t, [...begun, [change(0, { kept: false })], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
  const nothing = (wanted: Tables): void => {
    wanted.services = wanted.services.filter(({ protocol }) => protocol === 'tcp');
  };
  playScenario(t, [...begun, [nothing], [fragment(1, 2, false), 'DROPPED_FRAGMENT']]);
});

t.test('a later fragment that arrives first is for the service of any port, or else of the lowest', async (t) => {
  const more = (port: number, id: number) => (wanted: Tables) =>
    wanted.services.push({ address: '203.0.113.10', protocol: 'udp', port, slots: new Int32Array(65_537).fill(id) });
  playScenario(t, [[more(54, 1)], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER0]]);
  playScenario(t, [[more(7, 1)], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
  playScenario(t, [[more(0, 1)], [fragment(1, 2, false), 'FORWARDED_FRAGMENT', SERVER1]]);
});

t.test('an ICMP error goes to the server of the flow that it quotes, and changes nothing', async (t) => {
  const error = CASES.find(({ what }) => what === 'fragmentation needed')?.frame ?? '';
  const about = (ledger: ReturnType<typeof playScenario>) => [
    [...ledger.flowTables.connections],
    [...ledger.flowTables.halfOpen],
  ];
  const without = playScenario(t, established);
  const known = playScenario(t, [...established, [1000], [error, 'FORWARDED_ICMP', SERVER0]]);
  t.same(about(known), about(without));
  t.same(tallies(known), [[0, 3, 1, 1]]);
  const halfOpen = playScenario(t, [
    [udp(), 'FORWARDED_NEW', SERVER0],
    [reselect(1)],
    [error, 'FORWARDED_ICMP', SERVER0],
  ]);
  t.equal(halfOpen.flowTables.connections.size, 0);
  const unknown = playScenario(t, [[error, 'FORWARDED_ICMP', SERVER0]]);
  t.same(about(unknown), [[], []], 'where nothing is known of the flow it is placed as the flow would be');
});

t.test('a tagged frame is passed to its VLAN’s interface if that is one of ours', async (t) => {
  const specification = openSpecification({ vlan: { parent: 1, id: 5 } });
  const tagged = (tags: string): string => `${TO_US} ${tags} ${IP} ${UDP}`;
  for (const [tags, outcome] of [
    ['8100 0005', 'PASSED_TAGGED'],
    ['8100 e005', 'PASSED_TAGGED'],
    ['88a8 0005 8100 0006', 'PASSED_TAGGED'],
    ['8100 0006', 'DROPPED_TAGGED'],
    ['88a8 0006 8100 0005', 'DROPPED_TAGGED'],
    ['8100 0000', 'DROPPED_TAGGED'],
  ] as const) {
    t.equal(specification.receive(tagged(tags)).outcome, outcome, tags);
  }
  t.equal(
    specification.receive(tagged('8100 0005').replace(TO_US, TO_SERVER_SIDE), 'server').outcome,
    'DROPPED_SERVER_SIDE',
  );
  t.equal(specification.receive(`${TO_ALL} 8100 0005 ${ASK} ${NLBS_IP}`).outcome, 'PASSED_TAGGED', 'ARP, too');
});
