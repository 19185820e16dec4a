import t from 'tap';
import { type Assignment, DEFAULT_SETTINGS } from './assignment.ts';
import type { Group, Suite } from './suite.ts';
import { isForFreshLab, turnsOf } from './turns.ts';

const suiteOf = (name: string, titles: string[]): Suite => ({
  name,
  title: '',
  topologies: ['invention'],
  seconds: 1,
  tests: Object.fromEntries(titles.map((title) => [title, { proves: ['HA-2'], run: async () => ({}) }])),
});
const GROUP: Group = [
  { suite: suiteOf('one', ['a', 'b']), topology: 'invention', titles: ['a', 'b'] },
  { suite: suiteOf('two', ['c']), topology: 'invention', titles: ['c'] },
];
const times = (repeat: number): Assignment => ({ ...DEFAULT_SETTINGS, topology: 'invention', parts: [], repeat });

/** The names in order, and a line where the lab ends. */
function order(repeat: number, isChanged: boolean): string[] {
  const turns = turnsOf(GROUP, times(repeat));
  return turns.flatMap((turn, at) => {
    const before = turns[at - 1];
    return [...(before && isForFreshLab(before, turn, isChanged) ? ['fresh lab'] : []), turn.name];
  });
}

t.test('tests run in the order of their suites, and a changed lab is left to no other suite', async (t) => {
  t.same(order(1, false), ['one: a', 'one: b', 'two: c']);
  t.same(order(1, true), ['one: a', 'one: b', 'fresh lab', 'two: c']);
});

t.test('each round has a lab of its own, also where nothing was changed', async (t) => {
  const round = (number: number) => ['one: a', 'one: b', 'two: c'].map((name) => `${name} (${number} of 2)`);
  t.same(order(2, false), [...round(1), 'fresh lab', ...round(2)]);
});
