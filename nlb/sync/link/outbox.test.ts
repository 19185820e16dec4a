import t from 'tap';
import type { FromActive, FromStandby, LogRecord, Message } from '../records.ts';
import { putInto, type Waiting } from './outbox.ts';
import { afterAcknowledgement, afterSending, choosePaths, noProgress, type PathFacts } from './path-choice.ts';

const session = { reign: 1, attachment: 2 };
const record: LogRecord = { type: 'del', flow: 'f' };
const records = (first: number, count = 1, of = session): FromActive => ({
  type: 'records',
  session: of,
  first,
  records: new Array<LogRecord>(count).fill(record),
  snapshotEnd: 0,
});
const applied = (number: number): FromStandby => ({ type: 'acknowledgement', session, applied: number });

const said = (what: Message, path?: Waiting['path']): Waiting => ({ said: what, path });

t.test('what is said in one turn goes together where it can', async (t) => {
  const cases: [string, Waiting[], Message[]][] = [
    ['records that follow', [said(records(1)), said(records(2, 3)), said(records(5))], [records(1, 5)]],
    ['records again', [said(records(2)), said(records(1, 2))], [records(2), records(1, 2)]],
    [
      'of another session',
      [said(records(1)), said(records(2, 1, { reign: 1, attachment: 3 }))],
      [records(1), records(2, 1, { reign: 1, attachment: 3 })],
    ],
    ['acknowledgements', [said(applied(1)), said(applied(3))], [applied(3)]],
    ['by another path', [said(applied(1), 'server'), said(applied(3), 'access')], [applied(1), applied(3)]],
    [
      'in their order',
      [said(records(1)), said({ type: 'ended', session }), said(records(2))],
      [records(1), { type: 'ended', session }, records(2)],
    ],
  ];
  for (const [title, saidNow, wanted] of cases) {
    const waiting: Waiting[] = [];
    for (const each of saidNow) putInto(waiting, each);
    t.same(
      waiting.map((each) => each.said),
      wanted,
      title,
    );
  }
});

t.test('what was said is not changed', async (t) => {
  const [waiting, first] = [[] as Waiting[], records(1)];
  for (const each of [first, records(2)]) putInto(waiting, said(each));
  t.same(first, records(1));
});

const TIMES = { silentAfterMs: 100, stuckAfterMs: 15, restMs: 1000 };
const both = { server: 0, access: 0 };
const quiet: PathFacts = { heardMs: both, awaitedSinceMs: undefined, restsUntilMs: {} };

t.test(
  'records go by the server subnet, by the access subnet when that fails, and by both where neither is known',
  async (t) => {
    const cases: [string, Partial<PathFacts>, number, string[]][] = [
      ['both are heard', {}, 99, ['server']],
      ['nothing was ever heard', { heardMs: {} }, 0, ['server', 'access']],
      ['both are silent', {}, 100, ['server', 'access']],
      ['the server subnet is silent', { heardMs: { server: 0, access: 50 } }, 100, ['access']],
      ['records wait, not long', { awaitedSinceMs: 0 }, 14, ['server']],
      ['records wait for longer', { awaitedSinceMs: 0 }, 15, ['server', 'access']],
      ['the server subnet rests', { restsUntilMs: { server: 50 } }, 49, ['access']],
      ['it has rested', { restsUntilMs: { server: 50 } }, 50, ['server']],
    ];
    for (const [title, facts, nowMs, wanted] of cases)
      t.same(choosePaths({ ...quiet, ...facts }, TIMES, nowMs), wanted, title);
  },
);

t.test('a path that brought nothing there rests when the other did', async (t) => {
  const by = (path: 'server' | 'access', number: number) => ({ applied: number, path });
  const sent = afterSending(afterSending(noProgress, 3, 10), 5, 20);
  t.same(sent, { ...noProgress, sent: 5, awaitedSinceMs: 10 });
  t.same(afterAcknowledgement(sent, by('server', 3), TIMES, 21), { ...sent, acknowledged: 3, awaitedSinceMs: 21 });
  t.same(afterAcknowledgement(sent, by('server', 5), TIMES, 21).awaitedSinceMs, undefined);
  t.same(afterAcknowledgement(sent, by('access', 0), TIMES, 50), sent, 'no progress');
  t.same(afterAcknowledgement(sent, by('access', 5), TIMES, 25).restsUntilMs, { server: 1025 });
  t.same(afterAcknowledgement(sent, by('access', 5), TIMES, 24).restsUntilMs, {}, 'not stuck');
});
