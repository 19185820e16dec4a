import t from 'tap';
import { playScenario, reselect, type ScenarioLine, SERVER0, SERVER1, tcp, udp } from '../kit/scenario.ts';
import type { OutcomeName } from '../program/layout.ts';
import type { SelectedTables } from '../tables/tables.ts';
import { gapNs } from './limits.ts';

/** What the specification says of connections that prove themselves, more of them than may enter. */

const limited =
  (tcpPerSecond: number, udpPerSecond = 1000) =>
  (wanted: SelectedTables<Int32Array>): void => {
    wanted.limits = { tcpPerSecond, udpPerSecond };
  };

/** The first two segments of the connection from that port, and what becomes of the second one. */
const proof = (port: number, outcome: OutcomeName): ScenarioLine[] => [
  [tcp('S', 2, port), 'FORWARDED_NEW', SERVER1],
  [tcp('A', 2, port), outcome, SERVER1],
];

t.test(
  'the limit of one second may be used at once, and then one connection enters per share of the time',
  async (t) => {
    const ledger = playScenario(t, [
      [limited(2)],
      ...proof(1, 'FORWARDED_ESTABLISHED'),
      ...proof(2, 'FORWARDED_ESTABLISHED'),
      ...proof(3, 'FORWARDED_NOT_ENTERED'),
      [499],
      [tcp('A', 2, 3), 'FORWARDED_NOT_ENTERED', SERVER1],
      [1],
      [tcp('A', 2, 3), 'FORWARDED_ESTABLISHED', SERVER1],
      ...proof(4, 'FORWARDED_NOT_ENTERED'),
      [100_000],
      [tcp('A', 2, 4), 'FORWARDED_ESTABLISHED', SERVER1],
      ...proof(5, 'FORWARDED_ESTABLISHED'),
      ...proof(6, 'FORWARDED_NOT_ENTERED'),
    ]);
    t.same(ledger.tables.connections, { entered: 5n, limited: 4n, removed: 0n, evicted: 0n });
    t.equal(ledger.flowTables.connections.size, 5);
  },
);

t.test('a connection over the limit is forwarded all the same, and keeps its server', async (t) => {
  const ledger = playScenario(t, [
    [limited(1)],
    ...proof(1, 'FORWARDED_ESTABLISHED'),
    ...proof(2, 'FORWARDED_NOT_ENTERED'),
    [reselect(0)],
    [tcp('PA', 2, 2), 'FORWARDED_NOT_ENTERED', SERVER1],
    [1000],
    [tcp('A', 2, 2), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  t.same([...ledger.flowTables.halfOpen.keys()], []);
});

t.test('TCP and UDP have tables and limits of their own', async (t) => {
  const ledger = playScenario(t, [
    [limited(1, 1)],
    ...proof(1, 'FORWARDED_ESTABLISHED'),
    [udp(3), 'FORWARDED_NEW', SERVER0],
    [udp(3), 'FORWARDED_ESTABLISHED', SERVER0],
    [udp(4), 'FORWARDED_NEW', SERVER0],
    [udp(4), 'FORWARDED_NOT_ENTERED', SERVER0],
    ...proof(2, 'FORWARDED_NOT_ENTERED'),
  ]);
  t.same(ledger.tables.udpFlows, { entered: 1n, limited: 1n, removed: 0n, evicted: 0n });
  t.same(
    [...ledger.flowTables.udpFlows.values()].map(({ state }) => state),
    ['datagrams'],
  );
  t.same(
    [...ledger.flowTables.connections.values()].map(({ state }) => state),
    ['established'],
  );
});

t.test('a share is a whole number of nanoseconds, and with a limit of zero it never ends', async (t) => {
  for (const [perSecond, ns] of [
    [1, 1_000_000_000n],
    [3, 333_333_333n],
    [50_000, 20_000n],
    [1_000_000_000, 1n],
    [0, 2n ** 62n],
  ] as const)
    t.equal(gapNs(perSecond), ns, String(perSecond));
});
