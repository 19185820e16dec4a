import t from 'tap';
import { BOUNDS } from './bound.ts';
import { resultOf } from './failover.ts';
import { trial } from './fixtures.ts';
import { HEADING, notesOf, outcomeOf, rowOf } from './row.ts';

const fault = { name: 'kill', label: 'kill -9', bound: BOUNDS.nothingLost };

t.test('a row has the trials, the discarded ones, both spreads, and the bound', async (t) => {
  const row = rowOf(resultOf(fault, [trial(), trial({ outageMs: 4 }), trial({ lost: 2, discarded: 'x' })]));
  t.equal(
    row,
    'kill -9                               2     1       0       0       0       0     2.0     2.0     4.0     4.0  0 lost: met',
  );
  const [over = '', names = ''] = HEADING;
  t.equal(over.length, names.length - '  bound'.length, 'the heading has the columns of the row');
  t.equal(row.indexOf('  0 lost:'), names.indexOf('  bound'));
});

t.test('met, violated, not measured: what was not shown was not met', async (t) => {
  const bad = trial({ lost: 1 });
  t.equal(outcomeOf(resultOf(fault, [trial()])), 'met');
  t.equal(outcomeOf(resultOf(fault, [trial(), bad])), 'violated');
  t.equal(outcomeOf(resultOf(fault, [trial()], 'the lab fell over')), 'violated');
  t.equal(outcomeOf(resultOf(fault, [], 'no library')), 'not measured');
  t.equal(outcomeOf(resultOf(fault, [{ ...bad, discarded: 'late' }])), 'not measured');
  t.equal(outcomeOf(resultOf(fault, [trial(), { ...bad, discarded: 'late' }])), 'met');
});

t.test('notes say what was violated, in the worst trial, and how far the measuring is to be trusted', async (t) => {
  const worst = trial({
    lost: 3,
    outageMs: 61,
    timeline: { oldActivePausedMs: 11, newActivePausedMs: 52, lastBeatMs: -4 },
  });
  const late = trial({ discarded: 'the prober was held up for 9.0 ms' });
  const notes = notesOf(
    resultOf(fault, [trial(), worst, trial({ lost: 1, outageMs: 70 }), late, { ...late, resets: 1, lost: 1 }]),
  );
  t.same(notes, [
    'violated: 4 probes lost in 2 trials',
    'the worst trial (nlb1 was hit): 3 lost, an outage of 61.0 ms from 1.0 ms after the fault; last beat of the old one at -4.0 ms; announced at 40.0 ms; longest pause between beats of the standby until then 52.0 ms, of the active before the fault 11.0 ms',
    '0 connections reset; no frame of the old one after the announcement',
    'prober late by 0.5 ms (p99) and 1.0 ms (max) at most; 0 frames lost by the capture',
    'discarded (2): the prober was held up for 9.0 ms',
    'in the discarded ones: 1 probes lost in 1 trials',
  ]);
});

t.test('a disturbed prober discards the times of a trial, and never the claim about who sent', async (t) => {
  const fenced = { ...fault, bound: BOUNDS.outageWithinMsAndFenced };
  const late = 'the prober was held up for 9.0 ms';
  const sent = trial({ discarded: late, outageMs: 400, framesFromOldActive: 204, oldActiveSentForMs: 99 });
  const result = resultOf(fenced, [trial(), sent]);
  t.equal(outcomeOf(result), 'violated');
  t.equal(result.worst, sent);
  t.same(result.violatedInDiscarded, ['p99 of the outage is 400.0 ms']);
  t.match(notesOf(result), [
    'violated: 204 frames of the old one after the announcement in 1 trials',
    /^the worst trial \(nlb1 was hit\)/,
    '0 connections reset; 204 frames, the last 99.000 ms after it, of the old one after the announcement',
    /^prober late/,
    'discarded (1): the prober was held up for 9.0 ms',
    'in the discarded ones: p99 of the outage is 400.0 ms',
  ]);
  const led = resultOf(fenced, [trial(), trial({ discarded: late, framesUnderRegainedLease: 204 })]);
  t.equal(outcomeOf(led), 'met');
  t.equal(
    notesOf(led)[0],
    '0 connections reset; no frame of the old one after the announcement, but for 204 under a lease that it had regained',
  );
  t.equal(outcomeOf(resultOf(fenced, [sent])), 'violated', 'also where no time could be measured');
});

t.test('what could not be measured says why', async (t) => {
  t.same(notesOf(resultOf(fault, [], 'no library')), ['not measured: no library']);
});
