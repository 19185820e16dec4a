import t from 'tap';
import { openReceiver } from './receiver.ts';
import type { FromActive, LogRecord, Session } from './records.ts';
import { answer, emptyRule, type Rule } from './rule.ts';

const POOL = 'tcp 203.0.113.1:80';
const set = (server: string): LogRecord => ({ type: 'set', pool: POOL, slots: [0], server });
const says = (rule: Rule) => answer(rule, 'f', rule.selections.slotOf(POOL, 0));

function standby() {
  let attachments = 0;
  const receiver = openReceiver(emptyRule(1), 1, () => ++attachments);
  receiver.tick(7);
  const session: Session = { reign: 7, attachment: 1 };
  const send = (first: number, records: LogRecord[], snapshotEnd = 1, of = session): number | undefined => {
    const datagram: FromActive = { type: 'records', session: of, first, records, snapshotEnd };
    const reply = receiver.receive(datagram);
    return reply?.type === 'acknowledgement' ? reply.applied : undefined;
  };
  return { receiver, session, send };
}

t.test('it asks to attach until it has heard something, and anew when another one leads', async (t) => {
  const { receiver, send } = standby();
  t.same(receiver.tick(7), { type: 'attach', session: { reign: 7, attachment: 1 } }, 'the same attachment');
  send(1, [set('a')]);
  t.same(receiver.tick(7), { type: 'acknowledgement', session: { reign: 7, attachment: 1 }, applied: 1 });
  t.same(receiver.tick(8), { type: 'attach', session: { reign: 8, attachment: 2 } });
});

t.test('records are applied in order, once, and acknowledged cumulatively', async (t) => {
  const { receiver, send } = standby();
  t.equal(send(2, [set('b')]), 0, 'one is missing');
  t.equal(send(1, [set('a')]), 1);
  t.equal(says(receiver.rule()), 'a');
  t.equal(send(1, [set('a'), set('b'), set('c')]), 3, 'the first of them is known');
  t.equal(says(receiver.rule()), 'c');
  t.equal(send(1, [set('a')]), 3, 'a late one changes nothing');
  t.equal(says(receiver.rule()), 'c');
});

t.test('until the snapshot is complete it answers as before', async (t) => {
  const { receiver, send } = standby();
  send(1, [set('a')], 2);
  t.same([says(receiver.rule()), receiver.isJoined()], [undefined, false]);
  send(2, [{ type: 'add', flow: 'f', server: 'b' }], 2);
  t.same([says(receiver.rule()), receiver.isJoined()], ['b', true]);
});

t.test('another session is not looked at, and not answered', async (t) => {
  const { receiver, send } = standby();
  t.equal(send(1, [set('a')], 1, { reign: 6, attachment: 1 }), undefined);
  t.equal(send(1, [set('a')], 1, { reign: 7, attachment: 2 }), undefined);
  t.equal(receiver.applied(), 0);
});

t.test('a session that the active has ended is left for a new one', async (t) => {
  const { receiver, session, send } = standby();
  send(1, [set('a')]);
  t.same(receiver.receive({ type: 'ended', session }), { type: 'attach', session: { reign: 7, attachment: 2 } });
  t.same([receiver.applied(), says(receiver.rule())], [0, 'a'], 'what it had it goes by until it has the new one');
  t.equal(send(2, [set('b')]), undefined);
});
