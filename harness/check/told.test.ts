import t from 'tap';
import type { HistoryEvent } from '../history/event.ts';
import { verdictOn } from './claim.ts';
import { told } from './told.ts';

const line = (text: object, index = 0): HistoryEvent => ({
  kind: 'logged',
  node: 'nlb1',
  reading: 'read',
  index,
  atNs: 5,
  readNs: 5,
  text: JSON.stringify({ seq: 1, time: '2026-11-26T00:00:00Z', monotonicMs: 5, ...text }),
});
const tells = told({
  node: 'nlb1',
  reading: 'read',
  event: 'conflict',
  what: 'of a',
  fits: { includes: { macs: 'a' } },
});

t.test('a log that tells it passes, one that does not fails, and one that nobody read says nothing', async (t) => {
  t.equal(verdictOn(tells, [line({ event: 'conflict', macs: ['a'] })]).verdict, 'pass');
  t.equal(
    verdictOn(tells, [line({ event: 'conflict', macs: ['b'] }), line({ event: 'path', macs: ['a'] }, 1)]).verdict,
    'fail',
  );
  t.equal(verdictOn(tells, []).verdict, 'unknown');
});
