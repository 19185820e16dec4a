import t from 'tap';
import { nextTickInMs } from './role.ts';
import {
  active,
  answered,
  count,
  fresh,
  heard,
  play,
  settings,
  settled,
  sound,
  states,
  tick,
  ticked,
} from './role-play.ts';
import type { Settings } from './settings.ts';
import type { Event } from './state.ts';

const asking = [52, 54.5, 57].map(tick);
const ask = (atMs: number): Event => ({ type: 'AddressAsked', atMs });

t.test('a standby asks when its peer says that it is not active, and leads when nobody answers', async (t) => {
  for (const change of [
    { resigned: true },
    { state: 'inop', fitness: 'out' },
    { state: 'initial', fitness: 'out' },
  ] as const) {
    const before = play(settled(), [heard(51, change), ...asking]);
    t.same([states(before), count(before.effects, 'askAddress')], [[], 3]);
    const { entered, effects } = play(before.role, [tick(59.5)]);
    t.match(entered, [{ state: 'active', atMs: 59.5, reason: /, address unanswered$/ }]);
    t.same(effects, ['beat', 'renewLease', 'addAlias', 'announce', 'beat']);
  }
});

t.test('a standby that stalled is not misled by what its peer said meanwhile', async (t) => {
  const woken = play(settled(), [heard(900, { resigned: true })]);
  t.same(states(woken), [], 'it may have been said long ago');
  const misled = play(woken.role, [tick(900), tick(902.5), answered(905), tick(905), tick(907.5)]);
  t.same(states(misled), []);
  t.same(states(play(misled.role, [heard(908, { state: 'active' }), ...[910, 920].map(tick)])), []);
});

t.test(
  'nor by that where nobody answers: it listens for a dead time, in which a peer that started anew says so',
  async (t) => {
    const waited = (stallMs: number) =>
      play(settled(), [heard(51, { resigned: true }), tick(52), tick(52 + stallMs)]).role;
    const beats = Array.from({ length: 24 }, (_, i) => [
      heard(92 + 2.5 * i, { resigned: true }),
      tick(92 + 2.5 * i),
    ]).flat();
    t.match(play(waited(40), beats).entered, [{ atMs: 97 }], 'after a stall in which nobody can have started and led');
    t.match(play(waited(41), beats).entered, [{ state: 'active', atMs: 142 }]);
  },
);

t.test('a beat of a peer that does not lead takes back no question', async (t) => {
  const resigned = (atMs: number) => heard(atMs, { resigned: true });
  t.same(states(play(settled(), [resigned(51), tick(52), resigned(53), ...[54.5, 57, 59.5].map(tick)])), ['active']);
});

t.test('who asked before a stall asks again', async (t) => {
  const before = play(settled(), [heard(51, { resigned: true }), ...asking]).role;
  const woken = play(before, [tick(57 + 15.1)]);
  t.same(states(woken), []);
  t.equal(woken.role.peer.asksUnanswered, 1);
  t.same(states(play(before, [tick(57 + 15)])), ['active'], 'a late tick is no stall');
});

t.test('a node that became fitter leads by rank only when its peer must know', async (t) => {
  const poor: Event = { type: 'FactsChanged', atMs: 100, facts: { ...sound, healthyServers: 0 } };
  const fit: Event = { type: 'FactsChanged', atMs: 110, facts: sound };
  const cured = play(settled(), [tick(80), poor, fit, heard(111)]).role;
  const upTo = (untilMs: number) => ticked({ ...cured, tickedAtMs: 111 }, untilMs);
  t.same(states(upTo(149)), []);
  const beats = [120, 130, 140, 150].flatMap((atMs) => [heard(atMs - 1), tick(atMs)]);
  t.same(states(play(cured, [...beats, ...[152.5, 155, 157.5].map(tick)])), ['active']);
});

t.test('where both ask for the address, the one with the higher address asks no more, and both wait', async (t) => {
  for (const lowerAddress of [true, false]) {
    const with_ = { ...settings, lowerAddress };
    const both = play(settled(with_), [heard(51, { resigned: true }), tick(52), tick(54.5), ask(56)], with_).role;
    t.equal(nextTickInMs(both, with_), lowerAddress ? 2.5 : 10);
    const waiting = ticked(both, 56 + 59, with_);
    t.same(states(waiting), []);
    t.equal(count(waiting.effects, 'askAddress') > 0, lowerAddress);
    t.same(states(ticked(waiting.role, 56 + 80, with_)), ['active'], 'the peer did not lead after all');
  }
});

t.test('questions in the peer’s name delay a takeover by two holds, and by no more, however they come', async (t) => {
  const [askMs, holdMs] = [56, 60];
  for (const lowerAddress of [true, false]) {
    const with_ = { ...settings, lowerAddress };
    for (const everyMs of [2.5, 30, 60, 62.5, 90, 117.5, 120, 125, 180]) {
      const ledAtMs = whenLed(with_, (atMs) => (atMs - askMs) % everyMs === 0);
      const longestMs = (lowerAddress ? 1.5 : 2) * holdMs;
      t.ok(ledAtMs <= askMs + longestMs + 10, `asked every ${everyMs} ms it led after ${ledAtMs - askMs} ms`);
      if (everyMs === 2.5) t.ok(ledAtMs >= askMs + longestMs, 'and not before');
    }
  }
});

/** Its peer has resigned, and asks when it says so, from 56 ms on. */
function whenLed(with_: Settings, isAsked: (atMs: number) => boolean): number {
  let role = play(settled(with_), [heard(51, { resigned: true })], with_).role;
  let atMs = 56;
  for (; role.state.name === 'standby' && atMs < 1056; atMs += 2.5)
    role = play(role, [...(isAsked(atMs) ? [ask(atMs)] : []), tick(atMs)], with_).role;
  return role.state.name === 'active' ? role.sinceMs : Number.POSITIVE_INFINITY;
}

t.test(
  'a peer that named a long lease when it asked is waited for no longer than by the lease that it names now',
  async (t) => {
    const left = play(settled(), [heard(50, { state: 'initial', leaseMs: 577 }), ask(51)]).role;
    t.equal(left.deferUntilMs, 51 + 607);
    t.equal(play(left, [heard(60, { state: 'initial', leaseMs: 577 })]).role.deferUntilMs, 51 + 607);
    t.equal(play(left, [heard(60, { state: 'initial' })]).role.deferUntilMs, 60 + 60);
  },
);

t.test('a peer that asked for the address, led, and resigned is succeeded without more waiting', async (t) => {
  const led = play(settled(), [ask(50), heard(51, { state: 'active' })]).role;
  t.same(states(play(led, [heard(52, { resigned: true }), ...[52, 54.5, 57, 59.5].map(tick)])), ['active']);
});

const asks = (fromMs: number, untilMs: number) =>
  Array.from({ length: (untilMs - fromMs) / 10 }, (_, i) => ask(fromMs + 10 * i));

t.test('a peer that asks again after a while is deferred to again; one that goes on asking is not', async (t) => {
  const isDeferring = (events: readonly Event[]) => play(settled(), events).role.deferUntilMs > 310;
  t.notOk(isDeferring([...asks(50, 200), ask(300)]));
  t.ok(isDeferring([...asks(50, 200), ask(310)]), 'as long as a row may hold a node off');
});

t.test('what a leader is asked uses up no deferral: it is for when it leads no more', async (t) => {
  const led = play(active(), [
    ...asks(50, 200).flatMap((asked) => [asked, tick(asked.atMs + 1)]),
    heard(200, { requestsLead: true }),
  ]);
  t.same(states(led), ['standby']);
  t.ok(play(led.role, [ask(210)]).role.deferUntilMs > 210);
  const out = play(fresh(), [
    { type: 'FactsChanged', atMs: 40, facts: { ...sound, downLinks: ['access'] } },
    ...asks(50, 200),
  ]);
  t.same(states(out), ['inop']);
  const cured = play(out.role, [{ type: 'FactsChanged', atMs: 200, facts: sound }, ask(210)]).role;
  t.match(
    [cured.state.name, cured.deferUntilMs > 210],
    ['initial', true],
    'nor does what is asked of one out of operation',
  );
});

t.test('of two that stand by, the primary leads', async (t) => {
  const words = (primary: boolean) => [heard(51, { primary }), ...asking, tick(59.5)];
  t.same(states(play(settled(), words(false))), ['active']);
  const second = { ...settings, primary: false };
  t.same(states(play(settled(second), words(true), second)), []);
});
