import t from 'tap';
import type { Acknowledged } from './acknowledged.ts';
import { active, answered, count, heard, play, settings, sound, standby, states, tick, ticked } from './role-play.ts';
import type { Event, Facts, Role } from './state.ts';

/** What a node makes of whom it hears, and of who hears it. */
const beat = (atMs: number, acknowledged: Acknowledged, state: 'active' | 'standby' = 'active'): Event => ({
  ...heard(atMs, { state, primary: false }),
  extension: {},
  acknowledged,
});

/** The peer says that it leads, and this node ticks, every 10 ms from `fromMs` to `untilMs`. */
function withPeerLeading(role: Role, [fromMs, untilMs]: [number, number], hears: (atMs: number) => Acknowledged) {
  const events: Event[] = [];
  for (let atMs = fromMs; atMs <= untilMs; atMs += 10) events.push(beat(atMs, hears(atMs)), tick(atMs + 1));
  return play(role, events);
}

const upToDate = (atMs: number) => ({ access: atMs - 10, server: atMs - 10 });
const lastHeardAt = (ms: number) => () => ({ access: ms });

t.test('of two leaders, the one that is heard by nobody yields to the other, whichever ranks higher', async (t) => {
  const led = active();
  t.same(states(withPeerLeading(led, [50, 80], upToDate)), [], 'a primary that is heard does not');
  const { entered } = withPeerLeading(led, [50, 100], lastHeardAt(0));
  t.match(entered, [{ state: 'standby', atMs: 71, reason: 'nlb2 leads too, and does not hear this node' }]);
});

t.test('whoever takes over from a dead leader does not yield to its last word, which grows old', async (t) => {
  const patient = { ...settings, intervalMs: 20, leaseMs: 150, deadAfterMs: 200 };
  const presentThenTick = (atMs: number): Event[] => [{ type: 'PeerPresent', atMs }, tick(atMs)];
  const ticks = Array.from({ length: 40 }, (_, i) => presentThenTick(105 + 5 * i));
  const events = [beat(100, { access: 70 }), { type: 'Refused', atMs: 102 } as const, ...ticks.flat()];
  t.same(states(play(standby(), events, patient)), ['active']);
});

t.test('at the end of a split neither yields for what the other could not yet have heard', async (t) => {
  const led = active();
  const healing = (atMs: number) => (atMs < 70 ? { access: 0 } : upToDate(atMs));
  t.same(states(withPeerLeading(led, [50, 80], healing)), []);
});

t.test('a leader does not yield to a word from before its lead, which was held up on its way', async (t) => {
  const lower = { ...settings, primary: false, lowerAddress: false };
  const led = ticked(standby(), 200, lower);
  t.match(led.entered, [{ state: 'active' }]);
  const { sinceMs } = led.role;
  // As a kernel keeps datagrams for a neighbour that it cannot find, and sends them all at once when it has found it.
  const heldUp = [30, 20, 10].map((ms) => beat(sinceMs + 5, { access: sinceMs - ms }));
  const upToNow = [beat(sinceMs + 5, { access: sinceMs - 1 }, 'standby'), tick(sinceMs + 6)];
  t.same(states(play(led.role, [...heldUp, ...upToNow], lower)), []);
  const told = play(led.role, heldUp, lower);
  t.equal(count(told.effects, 'beat'), 1, 'the peer is told of this lead at once, and once until the next tick');
  t.equal(count(play(told.role, [tick(sinceMs + 6), ...heldUp], lower).effects, 'beat'), 2);
  const knowing = beat(sinceMs + 5, { access: sinceMs });
  t.match(play(led.role, [...heldUp, knowing], lower).entered, [
    { state: 'standby', reason: 'nlb2 leads too, and ranks higher' },
  ]);
});

t.test('a second leader of version 3 does not say what it hears, and is yielded to after a dead time', async (t) => {
  const led = active();
  const events = (untilMs: number) =>
    Array.from({ length: (untilMs - 40) / 10 }, (_, i) => [
      heard(50 + 10 * i, { state: 'active', primary: false }),
      tick(51 + 10 * i),
    ]).flat();
  t.same(states(play(led, events(80))), []);
  t.match(play(led, events(90)).entered, [{ state: 'standby', reason: 'nlb2 leads too, and goes on' }]);
});

t.test('the lead is not handed to, nor asked of, a peer that does not hear', async (t) => {
  const led = play(active(), [beat(46, { access: 0 }, 'standby')]);
  const standByAsked = play(led.role, [{ type: 'AskedToStandBy', atMs: 47 }]);
  t.match(standByAsked, { entered: [], whyNotGranted: /nlb2/ });
  const asked = play(standby(), [beat(100, { access: 0 }), { type: 'AskedToLead', atMs: 101 }]);
  t.match(asked, { whyNotGranted: 'nlb2 does not hear this node' });
  t.match(play(standby(), [beat(100, { access: 95 }), { type: 'AskedToLead', atMs: 101 }]), {
    whyNotGranted: undefined,
  });
});

const among = (stations: number): Facts => ({ ...sound, stations });
const factsAt = (role: Role, facts: Facts) => play(role, [{ type: 'FactsChanged', atMs: 6, facts }]).role;
const stationHeard = (atMs: number): Event => ({ type: 'StationHeard', atMs });

t.test('a standby that hears nobody takes over from nobody, and says so', async (t) => {
  const alone = ticked(factsAt(standby(), among(3)), 130);
  t.match(alone.entered, [{ state: 'inop', reason: 'hears nobody: neither nlb2 nor any other station' }]);
  t.equal(count(alone.effects, 'askStations'), 10);
  const later = ticked(alone.role, 3000);
  t.same(states(later), []);
  t.ok(count(later.effects, 'askStations') <= 3, 'and asks on, once a second');
  const cured = play(later.role, [stationHeard(3001), tick(3002)]);
  t.same(states(cured), ['initial']);
  t.same(states(ticked(cured.role, 3100)), ['active'], 'and leads once it hears somebody, if nobody else does');
});

t.test('a node that hears nobody for want of a link asks at once when that is back', async (t) => {
  const links = (atMs: number, ...downLinks: string[]): Event => ({
    type: 'FactsChanged',
    atMs,
    facts: { ...among(3), downLinks },
  });
  const out = ticked(play(factsAt(standby(), among(3)), [links(20, 'access', 'server')]).role, 300);
  const back = play(out.role, [links(301)]);
  t.match([out.role.state.name, states(back)], ['inop', ['initial']]);
  t.equal(count(play(back.role, [tick(302)]).effects, 'askStations'), 1);
  t.same(states(ticked(back.role, 1000)), ['inop'], 'and leads only when one answers');
});

t.test('one that hears another station takes over when it always did', async (t) => {
  const suspects = ticked(factsAt(standby(), among(3)), 31);
  t.equal(count(suspects.effects, 'askStations'), 1, 'asked at the second missed beat');
  const hears = play(suspects.role, [stationHeard(32)]).role;
  const takeover = ticked(hears, 100);
  t.match(takeover.entered, [{ state: 'active' }]);
  t.match(ticked(standby(), 100).entered, [{ atMs: takeover.entered[0]?.atMs }], 'as without any station');
});

t.test('a leader that hears nobody lets go; one that hears another station leads on alone', async (t) => {
  const led = play(active(), [{ type: 'FactsChanged', atMs: 46, facts: among(3) }]).role;
  t.match(ticked(led, 200).entered, [{ state: 'inop', reason: /hears nobody/ }]);
  let role = led;
  for (let atMs = 60; atMs < 3000; atMs += 10) {
    const next = play(role, [tick(atMs)]);
    t.same(states(next), []);
    role = next.effects.includes('askStations') ? play(next.role, [stationHeard(atMs + 1)]).role : next.role;
  }
});

t.test('while the peer is heard, or holds the address, nobody else is asked for long', async (t) => {
  const role = factsAt(standby(), among(3));
  const beats = Array.from({ length: 20 }, (_, i) => [
    heard(10 + 10 * i, { state: 'active' }),
    tick(11 + 10 * i),
  ]).flat();
  t.equal(count(play(role, beats).effects, 'askStations'), 0);
  const answers = Array.from({ length: 100 }, (_, i) => [
    tick(20 + 10 * i),
    stationHeard(21 + 10 * i),
    answered(22 + 10 * i),
  ]);
  t.ok(count(play(role, answers.flat()).effects, 'askStations') < 50);
});
