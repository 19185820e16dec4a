import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { PROJECT } from '../commits.ts';
import { DROP_CAUSES } from '../drop-causes.ts';
import { dropsIn } from './drops.ts';

/** Every outcome that the data path has. */
const layout = readFileSync(path.join(PROJECT, 'nlb/datapath/program/layout.bpf.h'), 'utf8');
const OUTCOMES = [...new Set(layout.match(/\b(?:PASSED|FORWARDED|DROPPED)_[A-Z_]+\b/g))];

t.test('every outcome that is a drop has a cause of its own, and no other outcome has one', async (t) => {
  const drops = OUTCOMES.filter((name) => name.startsWith('DROPPED_'));
  t.ok(drops.length > 10 && drops.length < OUTCOMES.length);
  const counts = dropsIn({ outcomes: Object.fromEntries(OUTCOMES.map((name) => [name, { packets: 1 }])) });
  t.same(Object.keys(counts).toSorted(), Object.keys(DROP_CAUSES).toSorted());
  t.same(new Set(Object.values(counts)), new Set([1]));
});

t.test('one that is not known keeps its name', async (t) => {
  t.same(dropsIn({ outcomes: { DROPPED_ODD: { packets: 3 }, PASSED_ARP: { packets: 9 } } }), { DROPPED_ODD: 3 });
});

t.test('what was forwarded and not sent is dropped as well, where that is counted', async (t) => {
  const outcomes = { DROPPED_NOT_SENT: { packets: 2 } };
  t.same(dropsIn({ outcomes, unsent: { packets: 5 } }), { 'not sent': 7 });
  t.same(dropsIn({ outcomes: {}, unsent: { packets: 5 } }), { 'not sent': 5 });
  t.same(dropsIn({ outcomes, unsent: { why: 'no BTF' } }), { 'not sent': 2 });
});
