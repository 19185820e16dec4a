import t from 'tap';
import { begin } from './role.ts';
import { active, heard, play, ready, settings, sound, standby, states, tick, ticked } from './role-play.ts';
import { type Event, type Facts, standing } from './state.ts';

t.test('a link that is down puts a node out of operation, at once; cured, it starts anew', async (t) => {
  const down: Event = { type: 'FactsChanged', atMs: 50, facts: { ...sound, downLinks: ['access'] } };
  const out = play(active(), [down]);
  t.match(out.entered, [{ state: 'inop', previous: 'active', reason: 'link down: access' }]);
  t.same(out.effects.slice(0, 2), ['dropLease', 'removeAlias']);
  t.equal(standing(out.role, 51, settings).fitness, 'out');
  t.match(play(out.role, [tick(60), ready]).entered, [{ state: 'initial', reason: 'cured: link down: access' }]);
});

t.test('a node without a healthy server makes way for a peer that has one, but not at once', async (t) => {
  const poor: Event = { type: 'FactsChanged', atMs: 50, facts: { ...sound, healthyServers: 0 } };
  let role = play(active(), [poor]).role;
  for (let atMs = 55; atMs < 545; atMs += 10) role = play(role, [heard(atMs), tick(atMs + 1)]).role;
  t.equal(role.state.name, 'active');
  const out = play(role, [heard(560), tick(561), heard(570), tick(571)]);
  t.match(out.entered, [{ state: 'inop', reason: 'no server is healthy here, while nlb2 is fit' }]);
});

t.test('a node that was long in finding its servers, and has found them, stays in operation', async (t) => {
  const blind: Event = { type: 'FactsChanged', atMs: 1, facts: { ...sound, ready: false, healthyServers: 0 } };
  let role = play(begin(0, settings), [blind]).role;
  for (let atMs = 5; atMs < 900; atMs += 10) role = play(role, [heard(atMs, { state: 'active' }), tick(atMs + 1)]).role;
  const found = play(role, [{ ...ready, atMs: 897 }, heard(898, { state: 'active' }), tick(899)]);
  t.match(found.entered, [{ state: 'standby', previous: 'initial' }]);
  t.equal(found.entered.length, 1);
});

t.test('a node whose kernel refuses an address of ours makes way for a fit peer, and for nobody else', async (t) => {
  for (const [refused, name] of [
    [{ refusedAlias: ['10.77.1.100'] }, '10.77.1.100'],
    [{ refusedClusters: ['203.0.113.10'] }, '203.0.113.10'],
  ] as const) {
    const facts: Event = { type: 'FactsChanged', atMs: 50, facts: { ...sound, ...refused } };
    const begun = play(active(), [facts]).role;
    t.equal(standing(begun, 51, settings).fitness, 'poor');
    const until = (fitness: 'fit' | 'poor') => {
      let role = begun;
      for (let atMs = 55; atMs < 545; atMs += 10) role = play(role, [heard(atMs, { fitness }), tick(atMs + 1)]).role;
      return play(role, [heard(560, { fitness }), tick(561), heard(570, { fitness }), tick(571)]);
    };
    t.match(until('fit').entered, [{ state: 'inop', reason: `the kernel refuses ${name}, while nlb2 is fit` }]);
    t.same(until('poor').entered, []);
    t.equal(ticked(begun, 2000).role.state.name, 'active', 'a lone node leads on');
  }
});

t.test(
  'an interface without our data path puts a node out of operation, at once; one that is to come, not',
  async (t) => {
    const facts = (change: object): Event => ({ type: 'FactsChanged', atMs: 50, facts: { ...sound, ...change } });
    const out = play(active(), [facts({ unguarded: ['access'] })]);
    t.match(out.entered, [{ state: 'inop', previous: 'active', reason: 'no data path on access' }]);
    t.same(out.effects.slice(0, 2), ['dropLease', 'removeAlias']);
    t.equal(standing(out.role, 51, settings).fitness, 'out');
    t.match(play(out.role, [tick(60), ready]).entered, [{ state: 'initial', reason: 'cured: no data path on access' }]);
    const loading = facts({ ready: false, unguarded: ['access'] });
    t.same(states(play(begin(0, settings), [loading, tick(51)])), [], 'while the data path is being loaded');
  },
);

t.test(
  'a further interface that is gone is a reason to make way for a peer that has all, and for no other',
  async (t) => {
    const gone: Event = { type: 'FactsChanged', atMs: 50, facts: { ...sound, absent: ['bond1'] } };
    const until = (atMs: number, fitness: 'fit' | 'poor') => {
      let role = play(active(), [gone]).role;
      for (let ms = 55; ms < atMs; ms += 10) role = play(role, [heard(ms, { fitness }), tick(ms + 1)]).role;
      return role;
    };
    t.equal(until(540, 'fit').state.name, 'active');
    t.match(until(580, 'fit'), {
      state: { name: 'inop' },
      reason: 'there is no interface bond1 here, while nlb2 is fit',
    });
    t.equal(until(5000, 'poor').state.name, 'active');
    t.equal(ticked(play(active(), [gone]).role, 5000).role.state.name, 'active', 'nor where nobody is heard');
  },
);

t.test('where neither node has a healthy server, nothing moves', async (t) => {
  const poor: Event = { type: 'FactsChanged', atMs: 50, facts: { ...sound, healthyServers: 0 } };
  let role = play(active(), [poor]).role;
  for (let atMs = 55; atMs < 5000; atMs += 10)
    role = play(role, [heard(atMs, { fitness: 'poor' }), tick(atMs + 1)]).role;
  t.equal(role.state.name, 'active');
});

const HALF_DEAD = { ...settings, staleAfterMs: 300 };
const factsAt = (atMs: number, change: Partial<Facts> = {}): Event => ({
  type: 'FactsChanged',
  atMs,
  facts: { ...sound, ...change },
  reportedAtMs: atMs,
});

t.test('a leader whose main thread is silent for too long makes way for a peer that is fit', async (t) => {
  const start = play(active(), [factsAt(45), heard(46)], HALF_DEAD).role;
  const alive = (untilMs: number) =>
    Array.from({ length: Math.floor((untilMs - 46) / 10) }, (_, i) => [heard(50 + 10 * i), tick(51 + 10 * i)]).flat();
  t.equal(play(start, alive(340), HALF_DEAD).role.state.name, 'active', 'not before');
  const { role, effects, entered } = play(start, alive(370), HALF_DEAD);
  t.match(entered, [
    {
      state: 'inop',
      previous: 'active',
      reason: /^nothing is heard of the main thread for 3\d\d ms, while nlb2 is fit$/,
    },
  ]);
  t.ok(effects.includes('dropLease') && effects.includes('removeAlias'));
  t.equal(standing(role, 370, HALF_DEAD).fitness, 'out');
  t.match(play(role, [factsAt(371)], HALF_DEAD).entered, [{ state: 'initial', previous: 'inop', reason: /^cured/ }]);
});

t.test('it goes on while nobody else could lead, and a stall of its own does not count', async (t) => {
  const start = play(active(), [factsAt(45)], HALF_DEAD).role;
  for (const peer of [{ fitness: 'poor' }, { fitness: 'out' }, { state: 'inop' }] as const) {
    const events = Array.from({ length: 40 }, (_, i) => [heard(50 + 10 * i, peer), tick(51 + 10 * i)]).flat();
    t.equal(play(start, events, HALF_DEAD).role.state.name, 'active', JSON.stringify(peer));
  }
  t.equal(ticked(start, 2000, HALF_DEAD).role.state.name, 'active', 'the peer is silent');
  const rested = play(standby(), [factsAt(10), tick(20), tick(5000), heard(5001, { state: 'active' })], HALF_DEAD);
  t.equal(rested.role.state.name, 'standby', 'both threads stood still');
});

t.test('a leader whose passes fail again and again makes way for a peer that is fit, and says why', async (t) => {
  const start = play(active(), [heard(46)]).role;
  const { entered } = play(start, [factsAt(50, { passFailure: 'no room' })]);
  t.match(entered, [{ state: 'inop', previous: 'active', reason: 'passes fail: no room, while nlb2 is fit' }]);
  t.equal(
    play(start, [heard(47, { fitness: 'poor' }), factsAt(50, { passFailure: 'no room' })]).role.state.name,
    'active',
  );
});
