import t from 'tap';
import type { EventLogged } from '../history/event.ts';
import { fitsLine, type LinePattern } from './event-lines.ts';
import { shown, told as verdictText } from './literal-history.ts';
import { told } from './told.ts';

const line = (text: object, index = 0): EventLogged => ({
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
  const wrong = (index: number) => line({ event: 'conflict', macs: ['b'] }, index);
  t.equal(verdictText(tells, line({ event: 'conflict', macs: ['a'] })), 'pass: the log of nlb1 tells of a');
  t.equal(
    verdictText(tells, wrong(0), line({ event: 'path', macs: ['a'] }, 1)),
    'fail: of 1 events conflict of nlb1 none tells of a',
  );
  t.equal(verdictText(tells), 'unknown: the event log of nlb1 was not read');
  t.match(verdictText(tells, { ...wrong(0), reading: 'another' }), /^unknown/);
  t.match(verdictText(tells, { ...wrong(0), node: 'nlb2' }), /^unknown/);
  t.equal(shown(tells, wrong(0), line({ event: 'conflict', macs: ['a'] }, 1)).length, 1);
  t.equal(shown(tells, ...[0, 1, 2, 3, 4].map(wrong)).length, 4);
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
