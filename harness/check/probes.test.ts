import t from 'tap';
import { act, OVER, probe, shown, standstill, told } from './literal-history.ts';
import {
  exceptPortsOf,
  gapAtMost,
  noneCorrupt,
  noneLost,
  noReset,
  ofFlowsBegun,
  ofUnusedPorts,
  silentTime,
} from './probes.ts';
import { after } from './span.ts';

/** One probe every 10 ms; those numbered here end otherwise than answered. */
const rate = (count: number, ends: Record<number, 'lost' | 'reset' | 'refused' | 'corrupt'> = {}) =>
  Array.from({ length: count }, (_, sequence) =>
    probe(sequence * 10, { sequence, outcome: ends[sequence] ?? 'answered' }),
  );

t.test('no probe is lost', async (t) => {
  const none = noneLost({ atLeast: 5 });
  t.match(told(none, rate(5)), /^pass: none of 5/);
  for (const outcome of ['lost', 'reset', 'refused', 'corrupt'] as const) {
    t.match(told(none, rate(5, { 3: outcome })), new RegExp(`^fail: 1 of 5 probes ended ${outcome} \\(1\\)`));
  }
  t.match(told(none, rate(4)), /^unknown: 4 probes/);
  t.match(told(none, rate(5), probe(90)), /^pass: none of 6/, 'what was not sent was not lost');
  t.match(told(none), /^unknown/);
  t.match(told(noneLost({ atLeast: 1, protocol: 'udp' }), rate(5)), /^unknown: 0 probes/, 'of those meant');
  t.match(
    told(noneLost({ atLeast: 5, node: 'client1' }), rate(5), probe(9, { node: 'client2', outcome: 'lost' })),
    /^pass: none of 5/,
  );
  t.match(
    told(none, rate(5, { 1: 'lost', 2: 'reset', 3: 'reset' })),
    /^fail: 3 of 5 probes ended lost \(1\), reset \(2\); /,
  );
  t.same(shown(none, rate(5)), ['probe 0']);
});

t.test('where every instant matters, a prober that paused has seen nothing of them', async (t) => {
  const none = noneLost({ atLeast: 5, pauseAtMostMs: 10 });
  t.match(told(none, rate(5)), /^pass: none of 5/);
  t.match(told(none, rate(5), probe(50.1)), /^unknown: none of 6 .*, but the prober paused for 10.1 ms/);
  t.match(told(none, rate(5, { 2: 'lost' }), probe(90)), /^fail/, 'and what it lost is lost');
});

t.test('no connection is reset, no answer differs', async (t) => {
  t.match(told(noReset({ atLeast: 5 }), rate(5, { 3: 'lost' })), /^pass: none of 5 probes ended reset or refused/);
  t.match(told(noReset({ atLeast: 5 }), rate(5, { 3: 'reset' })), /^fail/);
  t.match(told(noReset({ atLeast: 5 }), rate(5, { 3: 'refused' })), /^fail/);
  t.match(told(noReset({ atLeast: 6 }), rate(5)), /^unknown/);
  t.match(told(noneCorrupt({ atLeast: 5 }), rate(5, { 3: 'reset' })), /^pass/);
  t.match(told(noneCorrupt({ atLeast: 5 }), rate(5, { 3: 'corrupt' })), /^fail/);
  t.match(told(noneCorrupt({ atLeast: 6 }), rate(5)), /^unknown/);
});

t.test('the silent time is counted from answered sending to answered sending', async (t) => {
  const ms = (probes: ReturnType<typeof rate>) => {
    const longest = silentTime(probes);
    return longest && [longest.fromNs / 1e6, longest.untilNs / 1e6, longest.unanswered.length];
  };
  t.same(ms(rate(10, { 4: 'lost', 5: 'reset' })), [30, 60, 2]);
  t.same(ms(rate(10, { 0: 'lost', 1: 'lost' })), [0, 20, 2], 'from the first, though it was not answered');
  t.same(ms(rate(10, { 7: 'lost', 8: 'lost', 9: 'lost' })), [60, 90, 3], 'to the last, though it was not answered');
  t.same(ms(rate(4, { 0: 'lost', 1: 'lost', 2: 'lost', 3: 'lost' })), [0, 30, 4]);
  t.equal(silentTime([]), undefined);
  t.same(ms(rate(4)), [0, 10, 0], 'the first of equal ones');
  t.same(ms(rate(20, { 4: 'lost', 10: 'lost', 11: 'lost' })), [90, 120, 2], 'however late');
});

t.test('the silent time is at most so long', async (t) => {
  const gap = gapAtMost({ ms: 30, per: 'all', atLeast: 5 });
  t.match(told(gap, rate(10, { 4: 'lost', 5: 'lost' })), /^pass: the longest silent time was 30 ms, with 2 probes/);
  t.match(told(gap, rate(10, { 4: 'lost', 5: 'lost', 6: 'lost' })), /^fail: the longest silent time was 40 ms/);
  const four = rate(10, { 4: 'lost', 5: 'lost', 6: 'lost' });
  t.match(told(gap, four, standstill(45, 55)), /^pass: the longest silent time was 30 ms, with 3/, 'nobody ran then');
  t.match(told(gap, four, standstill(45, 54)), /^fail: the longest silent time was 31 ms/);
  t.match(told(gap, rate(5, { 0: 'lost', 1: 'lost', 2: 'lost', 3: 'lost', 4: 'lost' })), /^fail: no probe was/);
  t.match(told(gap, rate(5), probe(90)), /^unknown: .* 50 ms.* the prober itself paused/);
  t.match(told(gap, rate(4)), /^unknown: 4 probes/);
  t.match(told(gap, OVER), /^unknown/);
  t.same(shown(gap, four), ['probe 30', 'probe 70', 'probe 40', 'probe 50', 'probe 60']);
  t.same(shown(gap, rate(10, { 4: 'lost', 5: 'lost' })), ['probe 30', 'probe 60']);
  const paused = [probe(50, { outcome: 'lost' }), probe(130, { outcome: 'lost' }), probe(140)];
  t.match(told(gap, rate(5), ...paused), /^unknown: .* 100 ms.* the prober itself paused/);

  const other = Array.from({ length: 10 }, (_, sequence) =>
    probe(sequence * 10 + 5, { sequence, flow: 'b', outcome: sequence >= 3 && sequence < 7 ? 'lost' : 'answered' }),
  );
  t.match(told(gap, rate(10), other), /^pass/, 'one flow answers for the other');
  t.match(told(gapAtMost({ ms: 30, per: 'flow', atLeast: 5 }), rate(10), other), /^fail: .* 50 ms/);
  t.match(told(gapAtMost({ ms: 30, per: 'flow', atLeast: 5 }), other, rate(10, { 9: 'lost' })), /^fail: .* 50 ms/);
  const second = [probe(200, { flow: 'c' }), probe(210, { flow: 'c', sequence: 1 })];
  t.match(told(gapAtMost({ ms: 30, per: 'flow', atLeast: 5 }), four, ...second), /^fail: .* 40 ms/, 'whichever flow');
});

t.test('flows that were there before are no part of those that began later', async (t) => {
  const none = ofFlowsBegun(50e6, noneLost({ atLeast: 2 }));
  const later = [probe(60, { flow: 'b' }), probe(70, { flow: 'b', sequence: 1 })];
  const lost = { flow: 'a', outcome: 'lost' as const };
  t.match(told(none, probe(10, { flow: 'a' }), later, probe(65, { ...lost, sequence: 1 })), /^pass: none of 2 probes/);
  t.match(told(none, later, probe(65, lost)), /^fail/, 'one that began with it is');
  t.match(told(none, later, probe(50, lost)), /^fail/, 'at that very moment');
  const since = ofFlowsBegun(50e6, after({ what: 'cut' }, noneLost({ atLeast: 2 })));
  t.match(told(since, act(55, 'cut'), later), /^pass/, 'what is no probe stays');
  t.match(told(none, later.slice(1), probe(10, { flow: 'a' })), /^unknown: 0 probes/);
});

t.test('a request with the ports of an earlier one to a server is not held against another’s failure', async (t) => {
  const none = exceptPortsOf('server1', noneLost({ atLeast: 1 }));
  const served = { kind: 'served' as const, atNs: 1e6, node: 'server1', protocol: 'http' as const, target: '/' };
  const before = { ...served, client: '198.51.100.10:7' };
  const refused = (port: number) => probe(9, { flow: `c 198.51.100.10:${port} > 203.0.113.10:80`, outcome: 'refused' });
  t.match(told(none, [before], refused(7), probe(9), OVER), /^pass/);
  t.match(told(none, [before], refused(70), probe(9), OVER), /^fail/, 'other ports are');
  t.match(told(none, [{ ...before, node: 'server2' }], refused(7), probe(9), OVER), /^fail/, 'another server');
  t.match(told(none, [{ ...before, atNs: 9e6 }], refused(7), probe(9), OVER), /^fail/, 'in the same instant');
  const since = exceptPortsOf('server1', after({ what: 'cut' }, noneLost({ atLeast: 1 })));
  t.match(told(since, act(5, 'cut'), [before], refused(7), probe(9), OVER), /^pass/, 'what is no probe stays');
  t.match(told(none, [{ ...before, atNs: 10e6 }], refused(7), probe(9), OVER), /^fail/, 'later');
});

t.test('a flow with the ends of an earlier one is left out, and the earlier one is not', async (t) => {
  const none = ofUnusedPorts({}, noneLost({ atLeast: 1 }));
  const [ends, others] = ['10.0.0.1:5000 > 10.0.0.9:7', '10.0.0.1:5001 > 10.0.0.9:7'];
  const earlier = probe(10, { flow: `client1.1.0 ${ends}` });
  const again = probe(60, { flow: `client1.2.1 ${ends}`, outcome: 'lost' });
  t.match(told(none, earlier, again, OVER), /^pass: none of 1 probes/);
  const since = ofUnusedPorts({}, after({ what: 'cut' }, noneLost({ atLeast: 1 })));
  t.match(told(since, act(5, 'cut'), earlier, again, OVER), /^pass: none of 1/, 'what is no probe stays');
  t.match(told(none, earlier, { ...again, flow: `client1.2.0 ${others}` }, OVER), /^fail/, 'another port');
  t.match(told(none, earlier, { ...again, protocol: 'udp' }, OVER), /^fail/, 'another protocol');
  t.match(told(none, earlier, { ...again, flow: earlier.flow, sequence: 1 }, OVER), /^fail/, 'the same flow');
});
