import t from 'tap';
import { eventLogged, logIsWhole, shownLive } from './event-log.ts';
import { logged, OVER, shown, told } from './literal-history.ts';

const TIME = '2026-11-23T07:10:00.230Z';
const whole = logIsWhole({ node: 'nlb2', reading: 'a', atLeast: 3 });
const state = (seq: number, monotonicMs: number, from: string, to: string, more: Record<string, unknown> = {}) => ({
  seq,
  time: TIME,
  monotonicMs,
  event: 'state',
  state: to,
  previous: from,
  previousMs: 0,
  reason: 'because',
  evidence: {},
  ...more,
});
const health = { seq: 2, time: TIME, monotonicMs: 15, event: 'health', healthy: true };
const first = logged(0, state(1, 10, 'initial', 'initial'));
const second = logged(1, health);
const third = (more: Record<string, unknown> = {}) =>
  logged(2, state(3, 20.5, 'initial', 'standby', { previousMs: 10.5, ...more }));
const fourth = logged(3, state(4, 30, 'standby', 'active', { previousMs: 9.5 }));

t.test('a log is whole when its numbers, states and durations follow from one another', async (t) => {
  t.match(told(whole, first, second, third(), fourth), /^pass: 4 events of nlb2 .* initial, standby, active$/);
  t.same(shown(whole, first, second, third(), fourth), ['logged 10', 'logged 20.5', 'logged 30']);
  const early = logged(2, state(3, 14, 'initial', 'standby', { previousMs: 4 }));
  t.match(told(whole, first, second, early), /^pass/, 'an event log may be out of step with its clock');
  t.match(told(whole, second, third(), first, fourth), /^pass/, 'in the order of printing, whatever the instants');
  const again = [0, 1, 2].map((index) => logged(index, health, { readMs: 900 }));
  t.match(told(whole, ...again, first, second, third(), fourth), /^pass: 4 events/, 'of two readings, the last');
  t.match(told(whole, first, second), /^unknown: 2 lines were read/);
  t.match(told(whole, first, second, logged(2, health, { reading: 'b' }), logged(2, health, { node: 'nlb1' })), /^unk/);
  t.match(told(whole, first, second, fourth), /^fail: event 4 of nlb2 stands where 3 should/);
  t.match(told(whole, second, third(), fourth), /^fail: event 2 .* where 1 should/);
  t.match(told(whole, first, second, third({ reason: '' })), /^fail: event 3 gives no reason/);
  t.match(told(whole, first, second, third({ reason: 7 })), /^fail: event 3 gives no reason/);
  t.match(told(whole, first, second, third({ evidence: 'none' })), /^fail: event 3 gives no evidence/);
  t.match(told(whole, first, second, third({ previousMs: '10.5' })), /^fail: .* lasted 10.5 ms, and it lasted 10.500/);
  t.same(shown(whole, first, second, third({ reason: '' }), fourth), ['logged 10', 'logged 20.5']);
  const speechless = logged(0, state(1, 10, 'initial', 'initial', { reason: '' }));
  t.match(told(whole, speechless, second, third()), /^fail: event 1 gives no reason/);
  t.match(told(whole, first, second, third({ evidence: null })), /^fail: event 3 gives no evidence/);
  t.match(told(whole, first, second, third({ previous: 'active' })), /^fail: event 3 comes from active, .* to initial/);
  t.match(told(whole, first, second, third({ previousMs: 10 })), /^fail: .* lasted 10 ms, and it lasted 10.500 ms/);
  t.match(told(whole, first, second, third({ previousMs: undefined })), /^fail/);
});

t.test('a line that is not what every line must be is named', async (t) => {
  const bad = (fields: object, text = JSON.stringify({ ...health, ...fields })) =>
    told(whole, first, { ...second, text }, third());
  t.match(bad({}, 'plain words'), /^fail: line 2 of nlb2 is no JSON object/);
  t.match(bad({}, '[1]'), /is no JSON object/);
  for (const text of ['null', '7', '"seq"']) t.match(bad({}, text), /is no JSON object/, text);
  t.match(bad({ seq: 1.5 }), /has no sequence number/);
  t.match(bad({ time: 7 }), /has no time/);
  t.match(bad({ seq: undefined }), /has no sequence number/);
  t.match(bad({ event: 7 }), /does not name its event/);
  t.match(bad({ monotonicMs: 'x' }), /has no monotonic instant/);
  t.match(bad({ time: 'noon' }), /has no time/);
});

t.test('a follower is shown a change of state in time', async (t) => {
  const live = shownLive({ node: 'nlb2', reading: 'a', state: 'active', withinMs: 100 });
  const line = (readMs: number) => logged(3, state(4, 30, 'standby', 'active'), { readMs });
  t.match(told(live, line(130), OVER), /^pass: .* after 100 ms/);
  t.match(told(live, line(131), OVER), /^fail: .* after 101 ms/);
  t.match(
    told(live, line(40), logged(5, state(6, 50, 'standby', 'active'), { readMs: 900 }), OVER),
    /^fail: .* 850 ms/,
  );
  const second = logged(5, state(6, 50, 'standby', 'active'), { readMs: 60 });
  t.match(told(live, line(130), second, OVER), /^pass: .* after 100 ms/, 'the latest counts');
  t.same(shown(live, line(130), second, OVER), ['logged 30']);
  t.match(told(live, third(), OVER), /^unknown: .* no change to active/);
});

t.test('an event with given fields is in the log', async (t) => {
  const sick = eventLogged({ node: 'nlb2', reading: 'a', name: 'health', fields: { healthy: false, 'why.code': 7 } });
  const line = (more: object, index = 1) => logged(index, { ...health, ...more });
  t.match(told(sick, first, line({ healthy: false, why: { code: 7 } })), /^pass: nlb2 logged health/);
  t.match(told(sick, first, line({ healthy: true, why: { code: 7 } })), /^fail: nlb2 logged no health/);
  t.match(told(sick, first, line({ healthy: false })), /^fail/);
  t.match(told(sick, first, line({ healthy: false, why: { code: 7 }, event: 'state' })), /^fail/);
  t.match(told(sick, OVER), /^unknown: the log of nlb2 was not read/);
  const later = eventLogged({ node: 'nlb2', reading: 'a', name: 'health', fields: {}, sinceNs: 16e6 });
  t.match(told(later, first, line({})), /^fail/, 'what was before does not count');
  const since = eventLogged({ node: 'nlb2', reading: 'a', name: 'health', fields: {}, sinceNs: 15e6 });
  t.match(told(since, first, line({})), /^pass/, 'at that moment');
  t.same(shown(later, first, line({ monotonicMs: 20 }), line({ monotonicMs: 30 }, 2)), ['logged 20']);
});
