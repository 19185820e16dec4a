import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { open as openBeat } from '../../pair/envelope.ts';
import { makeKeys } from '../../pair/keys.ts';
import type { FromActive, LogRecord } from '../records.ts';
import { openChannel } from './channel.ts';

const SECRET = Buffer.alloc(32, 7);
const SLOTS = 65_537;
const session = { reign: 5, attachment: 7 };
const record: LogRecord = { type: 'del', flow: 'tcp 198.51.100.7:40000 > 203.0.113.1:80' };
const said: FromActive = { type: 'records', session, first: 1, records: [record], snapshotEnd: 1 };
const pair = () => [openChannel([SECRET], SLOTS), openChannel([SECRET], SLOTS)] as const;
const sealedBy = (channel: ReturnType<typeof openChannel>, what = said): Uint8Array =>
  channel.seal(what)[0] ?? new Uint8Array();

t.test('a datagram is a message and an HMAC-SHA-256 over it, and opens once', async (t) => {
  const [one, other] = pair();
  const datagram = Buffer.from(sealedBy(one));
  t.same(datagram.subarray(-32), createHmac('sha256', SECRET).update(datagram.subarray(0, -32)).digest());
  t.same(other.open(datagram, session, 0), { said });
  t.same(other.open(datagram, session, 0), { rejected: 'replayed' });
  t.same(other.refused, { replayed: 1 });
});

t.test('of a session datagrams open in any order, but what is too old', async (t) => {
  const [one, other] = pair();
  const [first, second, ...more] = Array.from({ length: 70 }, () => sealedBy(one));
  t.same(other.open(second ?? new Uint8Array(), session, 0), { said });
  t.same(other.open(first ?? new Uint8Array(), session, 0), { said });
  for (const datagram of more.slice(-1)) t.same(other.open(datagram, session, 0), { said });
  t.same(other.open(more[0] ?? new Uint8Array(), session, 0), { rejected: 'stale' });
});

t.test('another session’s counters are its own', async (t) => {
  const [one, other] = pair();
  const next = { reign: 5, attachment: 8 };
  const early = sealedBy(one, { ...said, session: next });
  t.same(other.open(sealedBy(one), session, 0), { said });
  t.same(other.open(early, next, 0), { said: { ...said, session: next } });
});

t.test('what is not of the pair is refused, with the reason, and costs no proof where that can be', async (t) => {
  const [one, other] = pair();
  const good = Buffer.from(sealedBy(one));
  const changed = (at: number) => Buffer.from(good.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  const cases: [string, Uint8Array, string][] = [
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['a header without a MAC', good.subarray(0, 63), 'truncated'],
    ['1,233 octets', Buffer.concat([good, Buffer.alloc(1233 - good.length)]), 'oversized'],
    ['another magic number', changed(3), 'foreign'],
    ['another version', changed(4), 'version'],
    ['a record that was changed', changed(50), 'forged'],
    ['a MAC that was changed', changed(good.length - 1), 'forged'],
    ['one octet less', good.subarray(0, -1), 'forged'],
    ['another key', sealedBy(openChannel([Buffer.alloc(32, 8)], SLOTS)), 'forged'],
  ];
  for (const [title, datagram, refused] of cases)
    t.same(other.open(datagram, session, 0), { rejected: refused }, title);
  t.same(other.open(good, session, 0), { said }, 'and the good one opens');
});

t.test('neither of heartbeat and log is taken for the other', async (t) => {
  const [one] = pair();
  t.same(openBeat(sealedBy(one).subarray(0, 500), makeKeys([SECRET])), { rejected: 'foreign' });
});

t.test('keys change, and the session goes on', async (t) => {
  const [one, other] = pair();
  const next = Buffer.alloc(32, 9);
  other.useKeys([next, SECRET]);
  t.same(other.open(sealedBy(one), session, 0), { said });
  one.useKeys([next]);
  t.same(other.open(sealedBy(one), session, 0), { said });
});

t.test('who floods has few proofs made, and none of those of the session', async (t) => {
  const [one, other] = pair();
  const elsewhere = Array.from({ length: 33 }, () => sealedBy(one, { ...said, session: { reign: 5, attachment: 9 } }));
  const refusals = elsewhere.map((datagram) => other.open(datagram, session, 0));
  t.same(refusals.at(-1), { rejected: 'too many' });
  t.same(other.open(sealedBy(one), session, 0), { said });
  t.same(other.open(sealedBy(one, { ...said, session: { reign: 5, attachment: 9 } }), session, 10), {
    said: { ...said, session: { reign: 5, attachment: 9 } },
  });
});

t.test('20,000 datagrams that were changed on their way are refused, and change nothing', async (t) => {
  const [one, other] = pair();
  const good = Buffer.from(sealedBy(one));
  let [ms, refused] = [0, 0];
  const outcome = fc.check(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(good.length), (at, bits, cut) => {
      const datagram = Buffer.from(good.map((byte, index) => (index === at ? byte ^ bits : byte)));
      ms += 10;
      const whole = other.open(datagram, session, ms);
      const part = other.open(good.subarray(0, Math.min(cut, good.length - 1)), session, ms);
      refused += 2;
      return 'rejected' in whole && 'rejected' in part;
    }),
    { numRuns: 10_000 },
  );
  t.comment(`seed ${outcome.seed}; ${JSON.stringify(other.refused)}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? 'all refused');
  t.equal(
    Object.values(other.refused).reduce((sum, count) => sum + count, 0),
    refused,
    'each was counted',
  );
  t.same(other.open(good, session, ms + 10), { said }, 'and the one that was not changed opens');
});
