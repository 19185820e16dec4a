import t from 'tap';
import type { Suite } from '../runner/suite.ts';
import type { PlantedBug } from './bug.ts';
import { expectedFor, TimeLeft } from './time-left.ts';

const SUITES: Suite[] = [
  {
    name: 'arp',
    title: 'arp',
    seconds: 16,
    topologies: ['invention'],
    tests: { it: { proves: ['ARP-2'], run: async () => ({}) } },
  },
];
const bug = (name: string): PlantedBug => ({ name, title: name, breaks: 'ARP-2', in: 'brief', edits: [] });

t.test('what is left follows from what the suites say, and from how that has proved true', async (t) => {
  const bugs = ['a', 'b', 'c'].map(bug);
  t.equal(expectedFor(bug('a'), SUITES), 20);
  const left = new TimeLeft(bugs, SUITES, 1);
  t.equal(left.seconds(), 60);
  left.ended(bug('a'), 30);
  t.equal(left.seconds(), 60, 'two more, each half as long again');
  left.ended(bug('b'), 10);
  t.equal(left.seconds(), 20);
  left.ended(bug('c'), 20);
  t.equal(left.seconds(), 0);
});

t.test('several at once are through so much earlier', async (t) => {
  t.equal(new TimeLeft(['a', 'b', 'c', 'd'].map(bug), SUITES, 2).seconds(), 40);
});
