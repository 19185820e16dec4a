import t from 'tap';
import { change, type Line, reselect, SERVER0, SERVER1, story, tallies, tcp } from '../kit/story.ts';
import type { Tables } from '../tables/tables.ts';

/** What the specification says where a connection seems to end, and another to begin in its place. */

const states = ({ kept }: ReturnType<typeof story>) => [...kept.connections.values()].map(({ state }) => state);

/** Server 1 has a connection; new ones would go to server 0. */
const open: Line[] = [
  [tcp('S'), 'FORWARDED_NEW', SERVER1],
  [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  [reselect(0)],
];

t.test('a SYN after a FIN or a RST moves nothing: the connection may be alive, and all of it forged', async (t) => {
  for (const [end, syns] of [
    ['FA', ['S']],
    ['R', ['S']],
    ['RA', ['S', 'S']],
    ['F', ['S']],
  ] as const) {
    const ledger = story(t, [
      ...open,
      [tcp(end), 'FORWARDED_ESTABLISHED', SERVER1],
      ...syns.map((flags, nth): Line => [tcp(flags), nth === 0 ? 'FORWARDED_NEW' : 'FORWARDED_REPEATED', SERVER1]),
      [tcp('PA'), 'FORWARDED_ESTABLISHED', SERVER1],
      [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    ]);
    t.same(states(ledger), ['established']);
    const packets = 5 + syns.length;
    t.same(tallies(ledger), [[1, packets, 2, 1]], 'it counts as another one that was opened, and one is active');
  }
});

t.test('what begins again has yet to prove itself, and is forgotten in the time of one that has not', async (t) => {
  const again: Line[] = [...open, [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1], [tcp('S'), 'FORWARDED_NEW', SERVER1]];
  const ledger = story(t, again);
  t.same([states(ledger), tallies(ledger)], [['unproven'], [[1, 4, 2, 0]]]);
  story(t, [...again, [239_999], [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]]);
  story(t, [...again, [240_000], [tcp('A'), 'FORWARDED_NEW', SERVER0]]);
  const reset = story(t, [...again, [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1]]);
  t.same([states(reset), tallies(reset)], [['reset'], [[1, 5, 2, 0]]]);
  const finished = story(t, [...again, [tcp('FA'), 'FORWARDED_ESTABLISHED', SERVER1]]);
  t.same([states(finished), tallies(finished)], [['finished'], [[1, 5, 2, 0]]]);
});

t.test('it goes elsewhere where the server is gone', async (t) => {
  const ended: Line[] = [...open, [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1]];
  const ledger = story(t, [
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
  const ledger = story(t, [
    ...open,
    [tcp('R'), 'FORWARDED_ESTABLISHED', SERVER1],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
    [7_439_999],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1],
  ]);
  t.same([states(ledger), tallies(ledger)], [['established'], [[1, 5, 1, 1]]]);
});

t.test('a client that begins again is kept on its server from then on', async (t) => {
  const persists = (told: Tables): void => {
    for (const service of told.services) service.persistence = { timeoutMs: 60_000, prefix: 32 };
  };
  // Server 1 still gets something new, but not this client's, were it not kept.
  const hardly = (told: Tables): void => {
    for (const { slots } of told.services) slots.fill(0).fill(1, 0, 1);
  };
  story(t, [
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

t.test('a SYN that comes again leaves a server that gets nothing new; what answers that server stays', async (t) => {
  const first: Line[] = [[tcp('S'), 'FORWARDED_NEW', SERVER1]];
  const stays: Line[] = [...first, [tcp('S'), 'FORWARDED_REPEATED', SERVER1]];
  story(t, stays);
  story(t, [
    ...first,
    [reselect(0)],
    [tcp('S'), 'FORWARDED_MOVED', SERVER0],
    [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
  ]);
  story(t, [...first, [reselect(0)], [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER1]]);
});
