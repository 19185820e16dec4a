import t from 'tap';
import { acknowledge, join, scene } from './test-engine.ts';

t.test('an exception goes when nobody needs it: at once where its slot says the same, else in two steps', async (t) => {
  const { active, said, pass, packet } = scene();
  active.wish([[0, 'b']], 0);
  active.firstPacket(packet('one 0', 'syn'), 0);
  active.firstPacket(packet('two 0', 'tcp'), 0);
  pass();
  active.walked(1, 0);
  pass();
  active.reviewExceptions((flow) => flow === 'one 0', 0);
  t.same(pass(), ['one 0: no exception', 'look again for two 0'], 'one 0 is where its slot says, two 0 has no entry');
  active.lookedAgain(1, ['two 0'], () => false, 0);
  t.same(said(), ['two 0: no exception', 'barrier'], 'its DEL is logged, and acknowledged; it was held already');
});

/** An exception whose DEL is logged, and not acknowledged; and a standby that has all before that. */
function deleting() {
  const made = scene();
  const { active, said, pass, packet } = made;
  join(active);
  active.wish([[0, 'b']], 0);
  active.firstPacket(packet('one 0', 'syn'), 0);
  acknowledge(active);
  active.reviewExceptions(() => false, 0);
  pass();
  active.lookedAgain(1, ['one 0'], () => false, 0);
  t.same(said(), ['DEL one 0']);
  return made;
}

t.test('ports that are used again while their DEL is under way wait for an ADD after it', async (t) => {
  const { active, said, packet } = deleting();
  active.firstPacket(packet('one 0', 'syn'), 0);
  t.same(said(), ['hold one 0 to b', 'ADD one 0']);
  acknowledge(active, active.status().tip - 1);
  t.same(said(), [], 'the DEL is acknowledged');
  acknowledge(active);
  t.same(said(), ['one 0: b', 'forward one 0 to b']);
});

t.test('an exception that is on its way out for the second time waits for the second look', async (t) => {
  const { active, said, pass, packet } = scene();
  active.wish([[0, 'b']], 0);
  active.firstPacket(packet('one 0', 'syn'), 0);
  active.reviewExceptions(() => false, 0);
  active.firstPacket(packet('one 0', 'syn'), 0);
  active.reviewExceptions(() => false, 0);
  pass();
  active.lookedAgain(1, ['one 0'], () => false, 0);
  t.same(said(), [], 'a packet that went by it between the two may not have landed');
  active.lookedAgain(2, ['one 0'], () => false, 0);
  t.same(said(), ['one 0: no exception']);
});

t.test('an entry that the walk finds while the DEL of its exception is under way is added again', async (t) => {
  const { active, said, pass } = deleting();
  active.wish([[1, 'a']], 0);
  pass();
  active.found(1, 'one 0', 'b', 0);
  t.same(said(), ['ADD one 0']);
});

t.test('whoever leaves gives up what is not logged, and has left when the rest is acknowledged', async (t) => {
  const { active, said } = scene();
  join(active);
  active.serverChanged('b', true, 0);
  active.wish([[1, 'a']], 0);
  active.wish([[0, 'c']], 0);
  said();
  active.leave(0);
  t.same(said(), ['slot 0 is a’s', 'barrier']);
  t.notOk(active.hasLeft());
  acknowledge(active);
  t.ok(active.hasLeft());
  active.wish([[0, 'c']], 0);
  t.same(said(), ['slot 1 is a’s', 'barrier'], 'nothing more is planned');
});

t.test('a session that is over is not taken up again', async (t) => {
  const { active, said } = scene();
  join(active);
  active.receive({ type: 'attach', session: { reign: 1, attachment: 10 } }, 0);
  said();
  active.receive({ type: 'attach', session: { reign: 1, attachment: 9 } }, 0);
  t.same(said(), ['ended']);
  active.receive({ type: 'acknowledgement', session: { reign: 1, attachment: 9 }, applied: 2 }, 0);
  t.same(said(), ['ended']);
  active.receive({ type: 'attach', session: { reign: 2, attachment: 11 } }, 0);
  t.same(said(), [], 'another reign');
});
