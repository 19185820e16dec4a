import t from 'tap';
import type { SyncState } from './extension.ts';
import { syncState } from './in-step.ts';
import { active, count, heard, play, settings, sound, standby, states, tick } from './role-play.ts';
import type { Settings } from './settings.ts';
import { type Event, type Facts, type Role, type Step, standing } from './state.ts';

/** What it does to the lead whether the standby is in step: HA-9. */
const REFUSAL = 'nlb2 is not in step yet: connections would be lost (nlbctl standby --force)';
const SAID: SyncState = { reign: 0, isPeerInStep: false, isForced: false };

/** The peer says this of sync, and of its standing. */
const hears = (atMs: number, change: Parameters<typeof heard>[1] = {}, sync: Partial<SyncState> = {}): Event => ({
  ...heard(atMs, change),
  extension: { sync: { ...SAID, ...sync } },
});
const factsAre = (atMs: number, facts: Partial<Facts>): Event => ({
  type: 'FactsChanged',
  atMs,
  facts: { ...sound, ...facts },
});
const inStep = { sync: { isPeerInStep: true } };
const behind = { sync: { isPeerInStep: false } };
const asked = (atMs: number, force?: true): Event => ({ type: 'AskedToStandBy', atMs, ...(force && { force }) });
const completed = (atMs: number, isInStep: boolean): Event => ({ type: 'LogCompleted', atMs, isInStep });

/** An active whose peer takes part in sync, at 52 ms. */
const led = (facts: Partial<Facts>, with_: Settings = settings) =>
  play(active(), [factsAre(50, facts), hears(51), tick(52)], with_).role;

/** The peer says the same each 10 ms, and this node ticks, up to `untilMs`. */
function goesOn(start: Role, untilMs: number, more: Parameters<typeof hears>[1] = {}, with_ = settings): Step {
  const events: Event[] = [];
  for (let atMs = start.tickedAtMs + 10; atMs <= untilMs; atMs += 10) events.push(hears(atMs - 1, more), tick(atMs));
  return play(start, events, with_);
}

const isCompleting = ({ role: { state } }: Step) => state.name === 'active' && state.completing !== undefined;

t.test('a leader keeps the lead while its peer is behind, whoever else would have it', async (t) => {
  const second: Settings = { ...settings, primary: false, recovery: 'automatic', holdDownMs: 30 };
  const served = { services: { dead: 1, scarce: 0 } };
  const lost: [string, Partial<Facts>, Parameters<typeof hears>[1], Settings][] = [
    ['asked by the peer', {}, { requestsLead: true }, settings],
    ['failback', {}, { wantsFailback: true, primary: true }, second],
    ['the peer meets more targets', { targets: { one: true, two: false } }, { targetsMet: 2 }, settings],
    ['the peer serves better', served, {}, settings],
  ];
  for (const [why, facts, said, with_] of lost) {
    const extension = { services: { dead: 0, scarce: 0 }, sync: SAID };
    const beats = (start: Role) => {
      const events: Event[] = [];
      for (let atMs = 60; atMs <= 2500; atMs += 10) events.push({ ...heard(atMs - 1, said), extension }, tick(atMs));
      return play(start, events, with_);
    };
    const kept = beats(led({ ...facts, ...behind }, with_));
    t.same([states(kept), count(kept.effects, 'completeLog')], [[], 0], `${why}: not while the peer is behind`);
    t.equal(count(beats(led({ ...facts, ...inStep }, with_)).effects, 'completeLog') > 0, true, `${why}: in step`);
    t.same(states(beats(led(facts, with_))).slice(0, 1), ['standby'], `${why}: without sync`);
  }
});

t.test('asked to stand by, it says why not and what to do', async (t) => {
  t.equal(play(led(behind), [asked(55)]).whyNotGranted, REFUSAL);
  t.equal(play(led(inStep), [asked(55)]).whyNotGranted, undefined);
  const old = play(led(behind), [heard(54), asked(55)]);
  t.same(states(old), ['standby'], 'a peer that takes no part is never behind');
});

t.test('who serves nobody keeps no lead for the sake of connections', async (t) => {
  const useless: [string, Partial<Facts>][] = [
    ['no service is alive', { healthyServers: 0 }],
    ['no target answers', { targets: { one: false } }],
  ];
  for (const [why, facts] of useless) {
    const step = play(led({ ...facts, ...behind }), [hears(54, { requestsLead: true, targetsMet: 1 })]);
    t.ok(isCompleting(step), why);
    t.same(states(play(step.role, [completed(55, false)])), ['standby'], `${why}: complete or not`);
    const late = goesOn(step.role, 575, { targetsMet: 1 }).role.state.name;
    t.not(late, 'active', `${why}: when the time is over`);
  }
  const link = play(led(behind), [factsAre(54, { ...behind, downLinks: ['access'] })]);
  t.same(states(link), ['inop'], 'nor who cannot serve: it goes at once');
});

t.test('a handover first completes the log, and leads meanwhile', async (t) => {
  const begun = play(led(inStep), [asked(55)]);
  t.same([begun.effects, begun.entered], [['completeLog'], []]);
  const on = goesOn(begun.role, 72);
  t.same(on.effects, ['beat', 'renewLease', 'beat', 'renewLease']);
  t.match(on.role.state, { name: 'active', leaseEndsMs: 72 + settings.leaseMs });
  const gone = play(on.role, [completed(73, true)]);
  t.match(gone.entered, [{ state: 'standby', reason: 'asked to stand by' }]);
  t.equal(gone.role.setAside, true);
});

t.test('a log that cannot be completed keeps the lead, and says why', async (t) => {
  const begun = play(led(inStep), [asked(55)]).role;
  const kept = play(begun, [completed(60, false)]);
  t.same([kept.effects, kept.entered], [['keepLog'], []]);
  t.match(kept.role, { setAside: false, state: { whyKept: REFUSAL } });
  const late = goesOn(begun, 555);
  t.same([states(late), count(late.effects, 'keepLog')], [[], 0], 'it has half a second');
  const over = goesOn(begun, 575);
  t.same([states(over), count(over.effects, 'keepLog'), isCompleting(over)], [[], 1, false]);
  t.match(over.role.state, { whyKept: 'nlb2 did not acknowledge all within 500 ms: nothing was handed over' });
  t.same(play(over.role, [completed(580, true)]).entered, [], 'an answer that comes too late is for nobody');
});

t.test('what nobody asked for is not tried again at once', async (t) => {
  const second: Settings = { ...settings, primary: false, recovery: 'automatic', holdDownMs: 200 };
  const begun = goesOn(led(inStep, second), 1200, { wantsFailback: true, primary: true }, second);
  t.ok(isCompleting(begun));
  const kept = play(begun.role, [completed(1201, false)], second).role;
  const on = (untilMs: number) => goesOn(kept, untilMs, { wantsFailback: true, primary: true }, second);
  t.notOk(isCompleting(on(1390)));
  t.ok(isCompleting(on(1420)));
});

t.test('by force the lead goes, in step or not, at the latest when the time is over', async (t) => {
  const begun = play(led(behind), [asked(55, true)]);
  t.same(begun.effects, ['completeLog']);
  t.same(states(play(begun.role, [completed(56, false)])), ['standby']);
  t.same(states(goesOn(begun.role, 545)), []);
  t.same(states(goesOn(begun.role, 575)), ['standby']);
  const forcedLater = play(led(inStep), [asked(55), asked(56, true), completed(57, false)]);
  t.same(states(forcedLater), ['standby'], 'also when it is forced while it completes its log');
  t.equal(count(forcedLater.effects, 'completeLog'), 1, 'which it was told once');
  const byPeer = play(led(behind), [hears(55, { requestsLead: true }, { isForced: true }), completed(56, false)]);
  t.match(byPeer.entered, [{ state: 'standby', reason: 'nlb2 asked to lead' }]);
});

t.test('what is gone by then is given nothing, by force or not', async (t) => {
  for (const force of [undefined, true] as const) {
    const begun = play(led(inStep), [asked(55, force)]).role;
    const alone = play(begun, [62, 72, 82, 92, 102].map(tick));
    t.same([states(alone), count(alone.effects, 'keepLog')], [[], 1]);
    const unfit = play(begun, [hears(56, { fitness: 'out' }), completed(57, true)]);
    t.same([states(unfit), count(unfit.effects, 'keepLog')], [[], 1]);
  }
});

t.test('who stops completes its log, and goes when that is done, in time or not', async (t) => {
  const stop: Event = { type: 'AskedToStop', atMs: 55 };
  for (const facts of [inStep, behind]) {
    const begun = play(led(facts), [stop]);
    t.same([begun.effects, begun.entered], [['completeLog'], []]);
    t.match(play(begun.role, [completed(56, false)]).entered, [{ state: 'inop', reason: 'stopping' }]);
    t.same(states(goesOn(begun.role, 545)), []);
    t.match(goesOn(begun.role, 575).entered, [{ state: 'inop', reason: 'stopping' }]);
    t.match(play(begun.role, [62, 72, 82, 92, 102].map(tick)).entered, [{ state: 'inop' }], 'the peer is gone');
    t.match(play(begun.role, [factsAre(57, { ...facts, downLinks: ['access'] })]).entered, [{ state: 'inop' }]);
  }
  t.same(states(play(led({}), [stop])), ['inop'], 'at once without sync');
  t.same(states(play(led(inStep), [hears(54, { fitness: 'out' }), stop])), ['inop'], 'or where nobody could lead');
});

t.test('a standby that its leader calls behind asks for the lead by force alone', async (t) => {
  const lead = (atMs: number, force?: true): Event => ({ type: 'AskedToLead', atMs, ...(force && { force }) });
  const following = (facts: Partial<Facts>, isPeerInStep: boolean) =>
    play(standby(), [factsAre(6, facts), hears(7, { state: 'active' }, { reign: 9, isPeerInStep })]).role;
  const why = 'this node is not in step yet: connections would be lost (nlbctl takeover --force)';
  t.equal(play(following(behind, false), [lead(8)]).whyNotGranted, why);
  for (const [role, force] of [
    [following(behind, true), undefined],
    [following({}, false), undefined],
    [following(behind, false), true],
  ] as const) {
    const asks = play(role, [lead(8, force)]);
    t.equal(asks.whyNotGranted, undefined);
    t.equal(standing(asks.role, 9, settings).requestsLead, true);
    const isForced = force === true;
    t.equal(syncState(asks.role, 0, 9).sync?.isForced, role.facts.sync && isForced);
    t.notOk(syncState(asks.role, 0, 1009).sync?.isForced, 'for as long as it asks');
  }
  const again = play(following(behind, false), [lead(8, true), hears(9, { state: 'active' }, { isPeerInStep: true })]);
  t.equal(syncState(play(again.role, [lead(10)]).role, 0, 11).sync?.isForced, false, 'the last word counts');
});

t.test('a leader alone names its reign, and whether its standby is in step', async (t) => {
  t.same(syncState(led(inStep), 7, 60), { sync: { reign: 7, isPeerInStep: true, isForced: false } });
  t.same(syncState(led({}), 7, 60), {});
  const following = play(standby(), [factsAre(6, inStep)]).role;
  t.same(syncState(following, 7, 60), { sync: SAID });
});

t.test('with a lead that has just begun nobody is in step', async (t) => {
  const following = play(standby(), [factsAre(6, inStep), hears(7, { state: 'standby', resigned: true })]).role;
  const led = play(following, [15, 25, 35, 45, 50, 55, 60, 65].map(tick));
  t.same([states(led), led.role.facts.sync], [['active'], { isPeerInStep: false }]);
});
