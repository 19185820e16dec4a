import t from 'tap';
import { begin, nextTickInMs, step } from './role.ts';
import { active, answered, count, fresh, heard, play, settings, standby, states, tick, ticked } from './role-play.ts';
import { type Event, standing } from './state.ts';

t.test('a lone node leads when it has listened for as long as a leader may be silent, and has asked', async (t) => {
  const { role, effects, entered } = ticked(fresh(), 60);
  t.equal(role.state.name, 'active');
  t.match(entered, [
    { state: 'active', previous: 'initial', reason: /^no beat of nlb2 in \d+ ms, address unanswered$/ },
  ]);
  t.ok(role.sinceMs >= 40 && role.sinceMs <= 50, `at ${role.sinceMs} ms`);
  t.ok(count(effects, 'askAddress') >= 3);
  t.same(effects.slice(effects.indexOf('fence') - 1, effects.indexOf('fence') + 5), [
    'beat',
    'fence',
    'renewLease',
    'addAlias',
    'announce',
    'beat',
  ]);
});

t.test('at its first start a node that is not primary gives the primary a head start', async (t) => {
  const second = { ...settings, primary: false };
  t.equal(ticked(fresh(second), 280, second).role.state.name, 'initial');
  t.equal(ticked(fresh(second), 320, second).role.state.name, 'active');
});

t.test('a node that is not ready neither leads nor stands by', async (t) => {
  const { role } = play(ticked(begin(0, settings), 500).role, [heard(501, { state: 'active' }), tick(510)]);
  t.equal(role.state.name, 'initial');
});

t.test('a node that starts anew stands by where another leads, whatever the rank', async (t) => {
  const { entered } = play(fresh(), [heard(5, { state: 'active' })]);
  t.match(entered, [{ state: 'standby', previous: 'initial', reason: 'nlb2 leads' }]);
});

t.test('a node that starts does not lead while another answers for the address', async (t) => {
  let role = fresh();
  for (let atMs = 10; atMs < 1000; atMs += 10) role = play(role, [answered(atMs), tick(atMs)]).role;
  t.match(role, { state: { name: 'initial' }, reason: 'another node answers: 02:00:00:00:00:02' });
});

t.test('an active beats before it renews its lease, at each tick', async (t) => {
  const { role, effects } = play(active(), [tick(52), tick(62)]);
  t.same(effects, ['beat', 'renewLease', 'beat', 'renewLease']);
  t.match(role.state, { name: 'active', leaseEndsMs: 92 });
});

t.test('an active that stalled past its lease lets go of everything first, and listens anew', async (t) => {
  const { role, effects, entered } = play(active(), [tick(45 + 30.1)]);
  t.same(effects.slice(0, 2), ['dropLease', 'removeAlias']);
  t.notOk(effects.includes('renewLease'));
  t.match(entered, [{ state: 'initial', previous: 'active', reason: /^lease lost/ }]);
  t.equal(role.state.name, 'initial');
  t.equal(play(active(), [tick(45 + 29.9)]).role.state.name, 'active', 'within its lease it goes on');
});

t.test('what an active slept through does not count as listening', async (t) => {
  const asleepUntilMs = 45 + 31;
  const { role } = play(active(), [heard(asleepUntilMs, { state: 'initial' }), tick(asleepUntilMs)]);
  t.match(role.state, { name: 'initial', listenedMs: 0 });
});

t.test('an active whose lease was over before it could be renewed lets go, whatever it believed', async (t) => {
  const believing = play(active(), [tick(52)]).role;
  const lost: Event = { type: 'LeaseLost', atMs: 60, why: 'stalled' };
  const { effects, entered } = play(believing, [lost]);
  t.same(effects.slice(0, 2), ['dropLease', 'removeAlias']);
  t.match(entered, [{ state: 'initial', previous: 'active', reason: 'lease lost: stalled', atMs: 60 }]);
  t.same(play(standby(), [lost]).entered, [], 'who does not lead has none to lose');
});

t.test('a stalled active that wakes to a beat of the new leader stands by, through initial', async (t) => {
  t.same(states(play(active(), [heard(2000, { state: 'active' })])), ['initial', 'standby']);
});

t.test('a standby takes over when its peer has been silent and the address unanswered', async (t) => {
  const { role, entered } = ticked(standby(), 60);
  t.match(entered, [{ state: 'active', reason: /^nlb2 silent for 4\d ms, address unanswered \(asked \d+ times\)$/ }]);
  t.ok(role.sinceMs - 5 >= 40 && role.sinceMs - 5 <= 50, `${role.sinceMs - 5} ms after the last beat`);
});

t.test('a refusal by a peer that is heard causes nothing, not even a question for the address', async (t) => {
  let role = standby();
  for (let atMs = 10; atMs < 1000; atMs += 10) {
    const next = play(role, [
      heard(atMs, { state: 'active' }),
      { type: 'Refused', atMs: atMs + 1 },
      tick(atMs + 2),
      { type: 'Refused', atMs: atMs + 3 },
    ]);
    t.same([states(next), count(next.effects, 'askAddress')], [[], 0]);
    role = next.role;
  }
  t.equal(nextTickInMs(role, settings), settings.intervalMs);
});

t.test('a peer that is silent is fenced before the address moves, and nobody else', async (t) => {
  const { effects } = ticked(standby(), 60);
  t.ok(effects.indexOf('fence') >= 0 && effects.indexOf('fence') < effects.indexOf('renewLease'));
  t.equal(count(effects, 'fence'), 1);
  for (const start of [standby(), fresh()]) {
    const refused = ticked(play(start, [{ type: 'Refused', atMs: 6 }]).role, 60);
    t.same(states(refused), ['active']);
    t.equal(count(refused.effects, 'fence'), 1, 'a refusal may be forged, so it spares nobody the fence');
  }
  const resigned = ticked(play(standby(), [heard(6, { state: 'standby', resigned: true })]).role, 44);
  t.same(states(resigned), ['active']);
  t.notOk(resigned.effects.includes('fence'), 'nor one that let go by itself');
});

t.test('a standby stays where it is while the address is answered, however long the silence', async (t) => {
  let role = standby();
  let asked = 0;
  for (let atMs = 10; atMs < 5000; atMs += nextTickInMs(role, settings)) {
    const { role: next, effects } = play(role, [tick(atMs)]);
    role = effects.includes('askAddress') ? play(next, [answered(atMs + 0.3)]).role : next;
    asked += count(effects, 'askAddress');
  }
  t.equal(role.state.name, 'standby');
  t.ok(asked > 100 && asked < 1500, `asked ${asked} times in 5 s`);
  const died = ticked(role, 5100);
  t.same(states(died), ['active'], 'and takes over when the answers end');
});

t.test('a standby whose ticks come late takes over only when it has asked three times', async (t) => {
  const late = play(standby(), [20, 35, 50].map(tick));
  t.same([late.role.state.name, late.role.peer.silentMs, late.role.peer.asksUnanswered], ['standby', 45, 2]);
  t.same(states(play(late.role, [tick(65), tick(80)])), ['active']);
});

t.test("a standby's own stall is not its peer's silence", async (t) => {
  const late = play(standby(), [tick(2000)]);
  t.equal(late.role.state.name, 'standby');
  t.ok(late.role.peer.silentMs <= 15);
});

t.test('an active that is asked to stand by lets go, says so three times, and does not want it back', async (t) => {
  const { role, effects, entered } = play(active(), [heard(50), { type: 'AskedToStandBy', atMs: 51 }]);
  t.same(effects, ['dropLease', 'removeAlias', 'beat', 'beat', 'beat']);
  t.match(entered, [{ state: 'standby', reason: 'asked to stand by' }]);
  t.equal(standing(role, 52, settings).resigned, true);
  t.same(states(play(role, [heard(60), tick(62)])), [], 'although it is the primary');
  const waited = [1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1090].flatMap((atMs) => [
    heard(atMs),
    tick(atMs + 1),
  ]);
  t.same(states(play(role, waited)), [], 'nor at once when its time is over');
  t.same(
    states(play(role, [...waited, ...[1100, 1102.5, 1105].map(tick)])),
    ['active'],
    'but in the end somebody must',
  );
});

t.test('an active lets go for nobody who could not lead', async (t) => {
  const ask: Event = { type: 'AskedToStandBy', atMs: 100 };
  t.match(step(ticked(active(), 99).role, ask, settings), { whyNotGranted: /nlb2 is not there/, entered: [] });
  const unfit = play(active(), [heard(50, { fitness: 'out' })]).role;
  t.match(step(unfit, { ...ask, atMs: 51 }, settings), { whyNotGranted: /nlb2 is not there/, entered: [] });
});

t.test('a request to lead reaches the active by a beat, and it lets go', async (t) => {
  const asking = play(standby(), [{ type: 'AskedToLead', atMs: 6 }]).role;
  t.equal(standing(asking, 7, settings).requestsLead, true);
  t.equal(standing(asking, 1007, settings).requestsLead, false, 'a request is not for ever');
  t.match(play(active(), [heard(50, { requestsLead: true })]).entered, [
    { state: 'standby', reason: 'nlb2 asked to lead' },
  ]);
});

t.test('where both lead, one stands by and the other announces again', async (t) => {
  const both = heard(50, { state: 'active' });
  t.same(states(play(active(), [both])), [], 'the primary stays');
  t.same(play(active(), [both, heard(55)]).effects, ['beat', 'announce'], 'and says at once that it leads');
  const second = { ...settings, primary: false };
  t.same(states(play(active(), [heard(50, { state: 'active', primary: true })], second)), ['standby']);
});

t.test('a peer that was silent for long may have led meanwhile, so the address is announced again', async (t) => {
  const alone = ticked(active(), 100).role;
  t.same(play(alone, [heard(101), heard(102)]).effects, ['announce'], 'once');
  t.same(play(ticked(active(), 70).role, [heard(71)]).effects, [], 'not after a few lost beats');
});

t.test('a node that stops lets go in every state, and does not come back', async (t) => {
  for (const start of [fresh(), standby(), active()]) {
    const stopped = play(start, [{ type: 'AskedToStop', atMs: 46 }]);
    t.match(stopped.entered, [{ state: 'inop', reason: 'stopping' }]);
    t.equal(stopped.effects.includes('removeAlias'), start.state.name === 'active');
    t.equal(ticked(stopped.role, 3000).role.state.name, 'inop');
  }
});

t.test('who resigned, and was succeeded, leads again at once when its successor resigns', async (t) => {
  const second = { ...settings, primary: false, lowerAddress: false };
  const aside = play(active(), [heard(46), { type: 'AskedToStandBy', atMs: 47 }], second).role;
  const succeeded = play(aside, [heard(60, { state: 'active', primary: true }), tick(61)], second).role;
  const known = play(succeeded, [tick(90), heard(110, { state: 'active', primary: true }), tick(110)], second).role;
  const { entered } = ticked(play(known, [heard(120, { resigned: true, primary: true })], second).role, 140, second);
  t.match(entered, [{ state: 'active', reason: 'nlb2 resigned, address unanswered' }]);
});
