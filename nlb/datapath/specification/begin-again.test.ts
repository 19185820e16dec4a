import t from 'tap';
import { change, playScenario, reselect, type ScenarioLine, SERVER0, SERVER1, tallies, tcp } from '../kit/scenario.ts';
import type { SelectedTables } from '../tables/tables.ts';

/** What the specification says where a connection seems to end, and another to begin in its place. */

const states = ({ flowTables }: ReturnType<typeof playScenario>) =>
  [...flowTables.connections.values()].map(({ state }) => state);

/** Server 1 has a connection; new ones would go to server 0. */
const open: ScenarioLine[] = [
  [tcp('S'), 'FORWARDED_NEW', SERVER1],
  [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  [reselect(0)],
];

t.test('a SYN after a FIN or a RST moves no connection: it may be alive, and all of them forged', async (t) => {
  for (const [end, syns] of [
    ['FA', ['S']],
    ['R', ['S']],
    ['RA', ['S', 'S']],
    ['F', ['S']],
  ] as const) {
    const ledger = playScenario(t, [
      ...open,
      [tcp(end), 'FORWARDED_ESTABLISHED', SERVER1],
      ...syns.map(
        (flags, nth): ScenarioLine => [tcp(flags), nth === 0 ? 'FORWARDED_NEW' : 'FORWARDED_REPEATED', SERVER1],
      ),
      [tcp('PA'), 'FORWARDED_ESTABLISHED', SERVER1],
      [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    ]);
    t.same(states(ledger), ['established']);
    const packets = 5 + syns.length;
    t.same(tallies(ledger), [[1, packets, 2, 1]], 'it counts as another one that was opened, and one is active');
  }
});

t.test('a connection that begins again is unproven, with that state’s timeout', async (t) => {
  const again: ScenarioLine[] = [
    ...open,
    [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
  ];
  const ledger = playScenario(t, again);
  t.same([states(ledger), tallies(ledger)], [['unproven'], [[1, 4, 2, 0]]]);
  playScenario(t, [...again, [239_999], [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]]);
  playScenario(t, [...again, [240_000], [tcp('A'), 'FORWARDED_NEW', SERVER0]]);
  const reset = playScenario(t, [...again, [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1]]);
  t.same([states(reset), tallies(reset)], [['reset'], [[1, 5, 2, 0]]]);
  const finished = playScenario(t, [...again, [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1]]);
  t.same([states(finished), tallies(finished)], [['finished'], [[1, 5, 2, 0]]]);
});

t.test('it moves if its server is gone', async (t) => {
  const ended: ScenarioLine[] = [...open, [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1]];
  const ledger = playScenario(t, [
    ...ended,
    [change(1, { kept: false })],
    [tcp('S'), 'FORWARDED_NEW', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  t.same(tallies(ledger), [
    [1, 3, 1, 0],
    [0, 2, 1, 1],
  ]);
});

t.test('an ACK after a RST shows that somebody else sent that: the connection is in use as before', async (t) => {
  const ledger = playScenario(t, [
    ...open,
    [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [7_439_999],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  t.same([states(ledger), tallies(ledger)], [['established'], [[1, 5, 1, 1]]]);
});

t.test('a client that begins again is kept on its server from then on', async (t) => {
  const persists = (wanted: SelectedTables<Int32Array>): void => {
    for (const service of wanted.services) service.persistence = { timeoutMs: 60_000, prefix: 32 };
  };
  // Server 1 still gets something new, but not this client's, were it not kept.
  const hardly = (wanted: SelectedTables<Int32Array>): void => {
    for (const { slots } of wanted.services) slots.fill(0).fill(1, 0, 1);
  };
  playScenario(t, [
    [persists],
    ...open.slice(0, 2),
    [hardly],
    [50_000],
    [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('S'), 'FORWARDED_NEW', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [59_999],
    [tcp('S', 2, 5), 'FORWARDED_NEW', SERVER1],
    [1],
    [tcp('S', 2, 6), 'FORWARDED_NEW', SERVER0],
  ]);
});

t.test('a repeated SYN leaves a server that gets no new connections; an ACK to that server stays', async (t) => {
  const first: ScenarioLine[] = [[tcp('S'), 'FORWARDED_NEW', SERVER1]];
  const stays: ScenarioLine[] = [...first, [tcp('S'), 'FORWARDED_REPEATED', SERVER1]];
  playScenario(t, stays);
  playScenario(t, [
    ...first,
    [reselect(0)],
    [tcp('S'), 'FORWARDED_MOVED', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  playScenario(t, [...first, [reselect(0)], [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]]);
});
