import t from 'tap';
import type { HistoryEvent } from '../history/event.ts';
import { verdictOn } from './claim.ts';
import { fitsLine, type LinePattern } from './event-lines.ts';
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

t.test('a line fits where each field says just that, and each list has that in it', async (t) => {
  const fields = { answers: false, peer: { mac: 'a', ports: [1, 2] }, macs: ['a', { b: 1 }] };
  const fits = (pattern: LinePattern) => fitsLine({ fields }, pattern);
  t.ok(fits({}));
  t.ok(fits({ fields: { answers: false, 'peer.mac': 'a', 'peer.ports': [1, 2] }, includes: { macs: { b: 1 } } }));
  t.notOk(fits({ fields: { answers: true } }));
  t.notOk(fits({ fields: { answers: false, 'peer.mac': 'b' } }), 'all of them');
  t.notOk(fits({ fields: { 'peer.ports': [2, 1] } }));
  t.notOk(fits({ fields: { 'peer.name.first': 'a' } }), 'it is not there');
  t.notOk(fitsLine({ fields: { a: null } }, { fields: { 'a.b': 1 } }));
  t.notOk(fits({ includes: { macs: 'b' } }));
  t.notOk(fits({ includes: { answers: false } }), 'it is no list');
});
