import t from 'tap';
import { openActive } from './active.ts';
import { apply, emptyRule } from './rule.ts';
import { acknowledge, join, SETTINGS, scene } from './test-engine.ts';

t.test('a slot is marked, walked, set and committed, each when the one before is done', async (t) => {
  const { active, said, pass } = scene();
  join(active);
  said();
  active.wish([[0, 'b']], 0);
  t.same(active.status().isInStep, true);
  t.same(pass(), ['walk 0 for 1']);
  active.found(1, 'flow 0', 'a', 0);
  t.same(said(), ['flow 0: a, held', 'ADD flow 0']);
  active.found(1, 'flow 1', 'b', 0);
  t.same(said(), [], 'not of a slot that changes');
  active.walked(1, 0);
  t.same(said(), ['SET 0 b']);
  acknowledge(active);
  t.same(said(), ['flow 0: a', 'slot 0 is b’s', 'barrier']);
});

t.test('a walk waits while more than a few records are not acknowledged', async (t) => {
  const { active, said, pass } = scene({ settings: { mostBeforeWalk: 2 } });
  join(active);
  active.wish([[0, 'b']], 0);
  t.same(pass(), ['walk 0 for 1']);
  active.walkedSoFar(1, 0);
  t.same(said(), ['walk on for 1'], 'nothing waits');
  for (const flow of ['one 0', 'two 0', 'three 0', 'four 0']) active.found(1, flow, 'a', 0);
  active.walkedSoFar(1, 0);
  t.notOk(said().includes('walk on for 1'), 'four records wait');
  acknowledge(active, active.status().tip - 3);
  t.notOk(said().includes('walk on for 1'), 'three');
  acknowledge(active, active.status().tip - 2);
  t.same(said().slice(-1), ['walk on for 1'], 'two');
  acknowledge(active);
  t.notOk(said().includes('walk on for 1'), 'once is enough');
});

t.test('a walk does not wait for a standby that is not waited for', async (t) => {
  const { active, said, pass } = scene({ settings: { mostBeforeWalk: 0 } });
  join(active);
  active.wish([[0, 'b']], 0);
  pass();
  active.found(1, 'one 0', 'a', 0);
  active.walkedSoFar(1, 0);
  active.tick(SETTINGS.holdMs);
  t.same(said().slice(-1), ['walk on for 1']);
});

t.test('what is wished in parts is committed together', async (t) => {
  const { active, said, pass } = scene();
  join(active);
  said();
  active.wish([[0, 'b']], 0, true);
  active.tick(1);
  t.same(pass(), [], 'marked, and no walk');
  active.wish([[1, 'a']], 0);
  t.same(pass(), ['walk 0,1 for 1']);
});

t.test('of very much that is acknowledged at once, some takes effect, and then others have their turn', async (t) => {
  const [settings, many] = [{ mostExceptions: 2000, mostHeldFrames: 2000, mostRetained: 2000, window: 2000 }, 1000];
  const { active, said, packet } = scene({ settings });
  join(active);
  active.wish([[0, 'b']], 0);
  for (let flow = 0; flow < many; flow++) active.firstPacket(packet(`flow ${flow} 0`, 'syn'), 0);
  said();
  acknowledge(active);
  const first = said();
  t.equal(first.filter((each) => each.startsWith('forward')).length, 512);
  t.equal(first.at(-1), 'go on');
  active.goOn(0);
  const rest = said();
  t.equal(rest.filter((each) => each.startsWith('forward')).length, many - 512);
  t.notOk(rest.includes('go on'));
});

t.test('a standby that joins is sent what was acknowledged and had not taken effect yet', async (t) => {
  const settings = { mostExceptions: 2000, mostHeldFrames: 2000, mostRetained: 2000, window: 2000 };
  const { active, said, pass, packet } = scene({ settings });
  join(active);
  active.wish([[0, 'b']], 0);
  pass();
  const many = 1500;
  for (let flow = 0; flow < many; flow++) active.firstPacket(packet(`flow ${flow} 0`, 'syn'), 0);
  active.walked(1, 0);
  acknowledge(active);
  said();
  active.receive({ type: 'attach', session: { reign: 1, attachment: 10 } }, 0);
  const sent = said();
  t.ok(sent.includes('SET 0,1 b'), 'both slots are b’s');
  t.equal(sent.filter((each) => each.startsWith('ADD')).length, many);
  t.equal(sent.filter((each) => each.startsWith('forward')).length, many - 512);
  t.equal(active.status().granted, active.status().tip);
});

t.test('a held first packet goes on with the acknowledgement of its exception', async (t) => {
  const { active, said, packet } = scene();
  join(active);
  active.wish([[0, 'b']], 0);
  said();
  active.firstPacket(packet('new 0', 'syn'), 0);
  active.firstPacket(packet('new 0', 'syn'), 0);
  t.same(said(), ['new 0: b, held', 'hold new 0 to b', 'ADD new 0', 'hold new 0 to b'], 'one exception for both');
  acknowledge(active);
  t.same(said(), ['new 0: b', 'forward new 0 to b', 'forward new 0 to b']);
  active.firstPacket(packet('new 0', 'syn'), 0);
  t.same(said(), ['forward new 0 to b']);
});

t.test('what is not held when user space reads it goes where its slot says', async (t) => {
  const { active, said, packet } = scene();
  active.firstPacket(packet('new 0', 'syn'), 0);
  t.same(said(), ['forward new 0 to a']);
});

t.test('slots of a server that is gone are set at once, in grace too', async (t) => {
  const { active, said } = scene({ takesOver: true });
  join(active);
  said();
  active.serverChanged('a', true, 0);
  active.wish([[0, 'b']], 0);
  t.same(said(), ['slot 0 is a’s, held', 'SET 0 b']);
  acknowledge(active);
  t.same(said().slice(0, 1), ['slot 0 is b’s']);
});

t.test('what was wished before the server was gone is urgent from then on', async (t) => {
  const { active, said } = scene({ takesOver: true });
  join(active);
  active.wish([[0, 'b']], 100);
  said();
  active.serverChanged('a', true, 100);
  t.same(said(), ['SET 0 b']);
});

t.test('after a takeover nothing is planned for settleMs, and little drifts in grace', async (t) => {
  const { active, said, pass } = scene({ takesOver: true });
  active.wish(
    [
      [0, 'b'],
      [1, 'a'],
    ],
    99,
  );
  t.same(said(), []);
  active.tick(100);
  t.same(said(), ['slot 0 is a’s, held'], 'one slot, and it is not walked');
  active.tick(999);
  t.same(said(), []);
  active.tick(1000);
  t.same(pass(1000), ['walk 0,1 for 1']);
});

t.test('what leaves a server that gets nothing new does not count among what may drift in grace', async (t) => {
  const { active, said } = scene({ takesOver: true });
  active.tick(100);
  active.wish([[0, 'b', true]], 100);
  t.same(said(), ['slot 0 is a’s, held']);
  active.wish([[1, 'a']], 100);
  t.same(said(), ['slot 1 is b’s, held'], 'there is room for one that counts');
  t.equal(active.status().drifting, 2);

  const other = scene({ takesOver: true });
  other.active.tick(100);
  other.active.wish([[0, 'b']], 100);
  other.said();
  other.active.wish([[1, 'a', true]], 100);
  t.same(other.said(), ['slot 1 is b’s, held'], 'nor does it where the room is used up');
  other.active.wish([[0, 'a']], 100);
  other.active.wish([[0, 'b']], 100);
  t.same(other.said().slice(0, 1), ['slot 0 is a’s'], 'what is given up makes room');
});

t.test('a server that the standby does not know is wished for when it does', async (t) => {
  const { active, said } = scene();
  active.peerKnows(new Set(['a', 'b']), 0);
  active.wish(
    [
      [0, 'c'],
      [1, 'a'],
    ],
    0,
  );
  t.same(said(), ['slot 1 is b’s, held', 'barrier']);
  active.peerKnows(undefined, 0);
  t.same(said(), ['slot 0 is a’s, held']);
});

t.test('where there is no room a change is given up, and begins anew when there is', async (t) => {
  const { active, said, packet } = scene({ settings: { mostExceptions: 1 } });
  join(active);
  active.wish([[0, 'b']], 0);
  active.firstPacket(packet('one 0', 'syn'), 0);
  said();
  active.firstPacket(packet('two 0', 'syn'), 0);
  t.same(said().slice(0, 2), ['slot 0 is a’s', 'forward two 0 to a']);
  t.equal(active.status().exceptions, 1);
  active.walked(1, 0);
  t.same(said(), [], 'its walk is void');
});

t.test('where its SET is logged a change goes on, and first packets without room are dropped', async (t) => {
  const { active, said, pass, packet } = scene({ settings: { mostExceptions: 1 } });
  join(active);
  active.wish([[0, 'b']], 0);
  pass();
  active.walked(1, 0);
  active.firstPacket(packet('one 0', 'syn'), 0);
  said();
  active.firstPacket(packet('two 0', 'syn'), 0);
  t.same(said(), ['drop two 0']);
});

t.test('more frames than there is room for are dropped', async (t) => {
  const { active, said, packet } = scene();
  join(active);
  active.wish([[0, 'b']], 0);
  for (const flow of ['one 0', 'two 0']) active.firstPacket(packet(flow, 'syn'), 0);
  said();
  active.firstPacket(packet('three 0', 'syn'), 0);
  t.same(said(), ['three 0: b, held', 'drop three 0', 'ADD three 0']);
});

t.test('wishes that have to wait cost nothing with each tick', async (t) => {
  const [slots, rule] = [65_537, emptyRule(65_537)];
  apply(rule, { type: 'set', pool: 'p', slots: [...Array(slots).keys()], server: 'a' });
  const settings = { ...SETTINGS, graceMs: 1_000_000, settleMs: 0 };
  const [gone, slotOf, emit] = [[], () => 0, () => {}];
  const active = openActive({ reign: 1, rule, settings, slotOf, gone, startsInGrace: true, nowMs: 0, emit });
  active.barrierPassed(1, 0);
  active.wish(
    Array.from({ length: slots }, (_, slot) => [slot, 'b'] as const),
    0,
  );
  t.equal(active.status().drifting, settings.mostDrifting);
  const before = process.threadCpuUsage();
  for (let ms = 1; ms <= 1000; ms++) active.tick(ms);
  const { user, system } = process.threadCpuUsage(before);
  t.ok(user + system < 200_000, `${user + system} µs for a thousand, where looking at all of them takes seconds`);
});
