import t from 'tap';
import { active, count, heard, play, settings, sound, standby, states, tick, ticked } from './role-play.ts';
import type { Settings } from './settings.ts';
import { type Event, type Facts, type Role, standing } from './state.ts';

/** What reach targets and recovery do to the lead. */
const factsAt = (atMs: number, facts: Partial<Facts>): Event => ({
  type: 'FactsChanged',
  atMs,
  facts: { ...sound, ...facts },
});
const oneOfTwo = { targets: { fw: true, router: false } };
const both = { targets: { fw: true, router: true } };
const none = { targets: { fw: false, router: false } };

/** The peer says the same each 10 ms, and this node ticks, from `fromMs` to `untilMs`. */
function hearing(
  role: Role,
  [fromMs, untilMs]: [number, number],
  change: Parameters<typeof heard>[1],
  with_ = settings,
) {
  const events: Event[] = [];
  for (let atMs = fromMs; atMs <= untilMs; atMs += 10) events.push(heard(atMs, change), tick(atMs + 1));
  return play(role, events, with_);
}

/** An active whose hold-down is long over. */
const longActive = () => hearing(active(), [50, 1990], {}).role;

t.test('an active whose peer meets more targets for a while makes way', async (t) => {
  const worse = play(longActive(), [factsAt(1995, oneOfTwo)]).role;
  t.same(states(hearing(worse, [2000, 2190], { targetsMet: 2 })), []);
  const { entered, role } = hearing(worse, [2000, 2200], { targetsMet: 2 });
  t.match(entered, [{ state: 'standby', reason: 'nlb2 meets 2 reach targets, this node 1' }]);
  t.equal(standing(role, 2202, settings).resigned, true);
});

t.test('where both lose the same target, or one a moment before the other, nothing moves', async (t) => {
  const worse = play(longActive(), [factsAt(1995, oneOfTwo)]).role;
  t.same(states(hearing(worse, [2000, 4000], { targetsMet: 1 })), []);
  const first = hearing(worse, [2000, 2150], { targetsMet: 2 }).role;
  const then = hearing(first, [2160, 2190], { targetsMet: 1 }).role;
  t.same(states(hearing(then, [2200, 2390], { targetsMet: 2 })), [], 'the while begins anew');
});

t.test('more targets do not make up for a peer that could not lead, or does not want to', async (t) => {
  const worse = play(longActive(), [factsAt(1995, oneOfTwo)]).role;
  t.same(states(hearing(worse, [2000, 4000], { targetsMet: 2, fitness: 'poor' })), []);
  t.same(states(hearing(worse, [2000, 4000], { targetsMet: 2, resigned: true })), []);
});

t.test('a lead that was just taken is held down against a peer that is better placed', async (t) => {
  const worse = play(active(), [factsAt(46, oneOfTwo)]).role;
  const [ledMs, holdDownMs] = [active().sinceMs, 1000];
  t.same(states(hearing(worse, [50, ledMs + holdDownMs - 20], { targetsMet: 2 })), []);
  t.same(states(hearing(worse, [50, ledMs + holdDownMs + 20], { targetsMet: 2 })), ['standby']);
});

t.test('a node that meets no target and hears nobody is on the wrong side of a split', async (t) => {
  const alone = play(active(), [factsAt(50, none)]).role;
  const out = ticked(alone, 200);
  t.match(out.entered, [{ state: 'inop', reason: 'cut off: no reach target answers, and nlb2 is silent' }]);
  t.same(states(ticked(out.role, 3000)), []);
  t.same(states(play(out.role, [factsAt(300, oneOfTwo)])), ['initial'], 'until a target answers');
  t.same(states(play(out.role, [heard(300)])), ['initial'], 'or the peer is heard');
});

t.test('a standby that meets no target does not take over from a silent peer', async (t) => {
  const cutOff = play(standby(), [factsAt(20, none)]).role;
  t.same(states(ticked(cutOff, 3000)), ['inop']);
});

t.test(
  'a node that has taken itself out says so, and one that just let go in its favour leads again at once',
  async (t) => {
    const out = ticked(play(active(), [factsAt(50, none)]).role, 200).role;
    t.match([out.state.name, standing(out, 200, settings).fitness], ['inop', 'out']);
    const resigned = play(longActive(), [heard(1996), { type: 'AskedToStandBy', atMs: 1997 }]).role;
    const waiting = play(resigned, [
      heard(1998, { state: 'inop', fitness: 'fit' }),
      ...[2007, 2010, 2012, 2015].map(tick),
    ]);
    t.same(states(waiting), [], 'as it was before');
    const leads = play(resigned, [
      heard(1998, { state: 'inop', fitness: 'out' }),
      ...[2007, 2010, 2012, 2015].map(tick),
    ]);
    t.same(states(leads), ['active']);
  },
);

const refuses = (atMs: number): Event => ({ type: 'Refused', atMs });
const isThere = (atMs: number): Event => ({ type: 'PeerPresent', atMs });

/** A leader that meets no target and hears no beat, for a second, but such events every 10 ms. */
function cutOff(events: (atMs: number) => Event[]) {
  let all = play(active(), [factsAt(50, none)]);
  for (let atMs = 60; atMs < 1000; atMs += 10) {
    const next = play(all.role, [...events(atMs), tick(atMs + 1)]);
    all = { ...next, effects: [...all.effects, ...next.effects], entered: [...all.entered, ...next.entered] };
  }
  return all;
}

t.test(
  'a peer whose host is there, and refuses beats, is not on the other side of a split, for as long as it is so',
  async (t) => {
    const gone = cutOff((atMs) => [refuses(atMs), isThere(atMs + 0.3)]);
    t.same(states(gone), []);
    t.same(states(ticked(gone.role, 1100)), ['inop']);
  },
);

t.test('a host says once a second that nobody listens, after six times in a row; that is enough', async (t) => {
  const asLinuxDoes = [60, 70, 80, 90, 100, 110];
  const gone = cutOff((atMs) => [...(asLinuxDoes.includes(atMs) ? [refuses(atMs)] : []), isThere(atMs + 0.3)]);
  t.same(states(gone), []);
  const thereUntil = (untilMs: number) => {
    let { role } = play(gone.role, [refuses(1005)]);
    for (let atMs = 1010; atMs <= untilMs; atMs += 10) role = play(role, [isThere(atMs), tick(atMs + 1)]).role;
    return role.state.name;
  };
  t.equal(thereUntil(2240), 'active');
  t.equal(thereUntil(2300), 'inop', 'when the next one is overdue');
});

t.test('a refusal alone, which anybody can forge, disproves no split, and neither does a host alone', async (t) => {
  const forged = cutOff((atMs) => [refuses(atMs)]);
  t.same(states(forged), ['inop']);
  t.ok(count(forged.effects, 'askPeer') > 50, 'whether the host is there is asked all the while');
  const mute = cutOff((atMs) => [isThere(atMs)]);
  t.same(states(mute), ['inop'], 'its daemon may lead, and not be heard');
  t.equal(count(mute.effects, 'askPeer'), 0);
});

t.test('without a target, silence means nothing of the kind', async (t) => {
  t.same(states(ticked(play(active(), [factsAt(50, { targets: {} })]).role, 3000)), []);
});

const automatic: Settings = { ...settings, recovery: 'automatic' };

t.test(
  'a primary that recovers asks for the lead back, unless recovery is manual or the operator put it aside',
  async (t) => {
    const at = (role: Role, with_: Settings) => standing(role, 50, with_).wantsFailback;
    t.equal(at(standby(), automatic), true);
    t.equal(at(standby(), settings), false);
    t.equal(at(standby(), { ...automatic, primary: false }), false);
    t.equal(at(active(), automatic), false);
    t.equal(at(play(standby(), [factsAt(40, { healthyServers: 0 })]).role, automatic), false, 'not before it is fit');
    const aside = play(active(), [heard(46), { type: 'AskedToStandBy', atMs: 47 }], automatic).role;
    t.match([aside.state.name, at(aside, automatic)], ['standby', false]);
    const wanted = play(aside, [heard(48, { state: 'active' }), { type: 'AskedToLead', atMs: 49 }], automatic).role;
    t.equal(at(wanted, automatic), true, 'until the operator wants it to lead again');
    const asked = play(active(), [heard(46, { requestsLead: true })], automatic).role;
    t.match([asked.state.name, at(asked, automatic)], ['standby', false], "by the peer's operator, too");
  },
);

t.test('an active gives the lead back to a primary that has been fit for the hold-down', async (t) => {
  const second = { ...automatic, primary: false };
  const back = { primary: true, wantsFailback: true } as const;
  const led = active();
  const { role } = hearing(led, [50, 1000], { primary: true, fitness: 'out' }, second);
  t.same(states(hearing(role, [1010, 2000], back, second)), [], 'fit for less than that');
  const given = hearing(role, [1010, 2020], back, second);
  t.match(given.entered, [{ state: 'standby', reason: 'nlb2 is the primary, and is back' }]);
  t.same(states(hearing(led, [50, 1020], back, second)), [], 'the lead is held down');
  t.same(states(hearing(led, [50, 1060], back, second)), ['standby']);
});

t.test(
  'a leader that is the primary too, or whose own recovery is manual, is not asked to give the lead back',
  async (t) => {
    const back = { primary: true, wantsFailback: true } as const;
    for (const own of [automatic, { ...settings, primary: false }, settings])
      t.same(states(hearing(active(), [50, 5000], back, own)), []);
  },
);

t.test('a primary that is back and meets fewer targets does not have the lead', async (t) => {
  const second = { ...automatic, primary: false };
  const led = play(active(), [factsAt(46, both)]).role;
  const back = { primary: true, wantsFailback: true } as const;
  t.same(states(hearing(led, [50, 5000], { ...back, targetsMet: 1 }, second)), []);
  t.same(states(hearing(led, [50, 5000], { ...back, targetsMet: 2 }, second)), ['standby']);
});

t.test('a lead that the operator asked for is not held down', async (t) => {
  const requesting = play(standby(), [
    tick(20),
    { type: 'AskedToLead', atMs: 40 },
    heard(41, { resigned: true }),
    tick(50),
  ]).role;
  const { role } = play(requesting, [52.5, 55, 57.5, 60].map(tick));
  t.match(role, { state: { name: 'active' }, holdDown: { untilMs: 57.5, leads: [] } });
});

t.test("a peer's lease that is longer than ours is waited for", async (t) => {
  const patient = play(standby(), [heard(6, { state: 'active', leaseMs: 100 })]).role;
  t.same(states(ticked(patient, 6 + 109)), []);
  t.same(states(ticked(patient, 6 + 130)), ['active']);
});
