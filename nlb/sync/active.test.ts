import t from 'tap';
import { type Active, openActive } from './active.ts';
import type { Effect, HeldPacket } from './effects.ts';
import type { PacketKind } from './first-packet.ts';
import type { FromActive } from './records.ts';
import { apply, emptyRule } from './rule.ts';
import type { SyncSettings } from './settings.ts';

const POOL = 'tcp 203.0.113.1:80';
const SETTINGS: SyncSettings = {
  holdMs: 40,
  retransmitMs: 5,
  graceMs: 1000,
  settleMs: 100,
  mostDrifting: 1,
  mostExceptions: 4,
  mostHeldFrames: 2,
  mostRetained: 100,
  recordsPerDatagram: 10,
  window: 50,
};

/** An engine of one pool with two slots, of a and of b; flows whose names end in the number of their slot; barriers that pass when told to. */
function scene({ takesOver = false, settings = {} as Partial<SyncSettings>, gone = [] as string[] } = {}) {
  const rule = emptyRule(2);
  apply(rule, { type: 'set', pool: POOL, slots: [0], server: 'a' });
  apply(rule, { type: 'set', pool: POOL, slots: [1], server: 'b' });
  const effects: Effect[] = [];
  const active = openActive({
    reign: 1,
    rule,
    settings: { ...SETTINGS, ...settings },
    slotOf: (flow) => Number(flow.slice(-1)),
    gone,
    startsInGrace: takesOver,
    nowMs: 0,
    emit: (effect) => effects.push(effect),
  });
  let frames = 0;
  const said = (): string[] => effects.splice(0).flatMap(textOf);
  const pass = (nowMs = 0): string[] => {
    const ids = effects.splice(0).flatMap((effect) => (effect.type === 'barrier' ? [effect.id] : []));
    for (const id of ids) active.barrierPassed(id, nowMs);
    return said();
  };
  const packet = (flow: string, kind: PacketKind): HeldPacket => ({
    flow,
    kind,
    slot: Number(flow.slice(-1)),
    id: ++frames,
  });
  pass();
  return { active, said, pass, packet };
}

function textOf(effect: Effect): string[] {
  switch (effect.type) {
    case 'send':
      return recordsIn(effect.datagram);
    case 'writeSlot':
      return [`slot ${effect.slot} is ${effect.server}’s${effect.isHeld ? ', held' : ''}`];
    case 'writeException':
      return [
        `${effect.flow}: ${effect.exception ? `${effect.exception.server}${effect.exception.isSettled ? '' : ', held'}` : 'no exception'}`,
      ];
    case 'forward':
    case 'hold':
      return [`${effect.type} ${effect.packet.flow} to ${effect.server}`];
    case 'drop':
      return [`drop ${effect.packet.flow}`];
    case 'walk':
      return [`walk ${[...effect.slots]} for ${effect.change}`];
    case 'lookAgain':
      return [`look again for ${effect.flows}`];
    case 'barrier':
      return ['barrier'];
  }
}

const recordsIn = (datagram: FromActive): string[] =>
  datagram.type === 'ended'
    ? ['ended']
    : datagram.records.map((record) =>
        record.type === 'set'
          ? `SET ${record.slots} ${record.server}`
          : `${record.type.toUpperCase()} ${'flow' in record ? record.flow : ''}`,
      );

/** A standby joins and acknowledges all. */
function join(active: Active): void {
  const session = { reign: 1, attachment: 9 };
  active.receive({ type: 'attach', session }, 0);
  acknowledge(active);
}

const acknowledge = (active: Active, applied = active.status().tip): void =>
  active.receive({ type: 'acknowledgement', session: { reign: 1, attachment: 9 }, applied }, 0);

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
  t.same(said(), ['two 0: a, held', 'two 0: no exception', 'barrier'], 'its DEL is logged, and acknowledged');
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
  t.same(said(), ['one 0: b, held', 'DEL one 0']);
  return made;
}

t.test('ports that are used again while their DEL is under way wait for an ADD after it', async (t) => {
  const { active, said, packet } = deleting();
  active.firstPacket(packet('one 0', 'syn'), 0);
  t.same(said(), ['one 0: b, held', 'hold one 0 to b', 'ADD one 0']);
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
  t.same(said(), ['one 0: b, held', 'one 0: no exception']);
});

t.test('an entry that the walk finds while the DEL of its exception is under way is added again', async (t) => {
  const { active, said, pass } = deleting();
  active.wish([[1, 'a']], 0);
  pass();
  active.found(1, 'one 0', 'b', 0);
  t.same(said(), ['one 0: b, held', 'ADD one 0']);
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
