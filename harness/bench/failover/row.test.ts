import t from 'tap';
import { BOUNDS } from './bound.ts';
import { resultOf } from './failover.ts';
import { trial } from './fixtures.ts';
import { HEADING, notesOf, outcomeOf, rowOf } from './row.ts';

const fault = { name: 'kill', words: 'kill -9', bound: BOUNDS.nothingLost };

t.test('a row has the trials, the void ones, both spreads, and the bound', async (t) => {
  const row = rowOf(resultOf(fault, [trial(), trial({ silentMs: 4 }), trial({ lost: 2, void: 'x' })]));
  t.equal(
    row,
    'kill -9                               2     1       0       0       0       0     2.0     2.0     4.0     4.0  0 lost: kept',
  );
  const [over = '', names = ''] = HEADING;
  t.equal(over.length, names.length - '  bound'.length, 'the heading has the columns of the row');
  t.equal(row.indexOf('  0 lost:'), names.indexOf('  bound'));
});

t.test('kept, missed, not measured: what was not shown was not kept', async (t) => {
  const bad = trial({ lost: 1 });
  t.equal(outcomeOf(resultOf(fault, [trial()])), 'kept');
  t.equal(outcomeOf(resultOf(fault, [trial(), bad])), 'missed');
  t.equal(outcomeOf(resultOf(fault, [trial()], 'the lab fell over')), 'missed');
  t.equal(outcomeOf(resultOf(fault, [], 'no library')), 'not measured');
  t.equal(outcomeOf(resultOf(fault, [{ ...bad, void: 'late' }])), 'not measured');
  t.equal(outcomeOf(resultOf(fault, [trial(), { ...bad, void: 'late' }])), 'kept');
});

t.test('notes say what was missed, in the worst trial, and how far the measuring is to be trusted', async (t) => {
  const worst = trial({ lost: 3, silentMs: 61, story: { oldPausedMs: 11, freshPausedMs: 52, lastBeatMs: -4 } });
  const late = trial({ void: 'the prober was held up for 9.0 ms' });
  const notes = notesOf(
    resultOf(fault, [trial(), worst, trial({ lost: 1, silentMs: 70 }), late, { ...late, resets: 1, lost: 1 }]),
  );
  t.same(notes, [
    'missed: 4 probes lost in 2 trials',
    'the worst trial (nlb1 struck): 3 lost, silent for 61.0 ms from 1.0 ms after the fault; last beat of the old one at -4.0 ms; announced at 40.0 ms; longest pause between beats of the standby until then 52.0 ms, of the active before the fault 11.0 ms',
    '0 connections reset; no frame of the old one after the announcement',
    'prober late by 0.5 ms (p99) and 1.0 ms (max) at most; 0 frames lost by the capture',
    'void (2): the prober was held up for 9.0 ms',
    'in the void ones: 1 probes lost in 1 trials',
  ]);
});

t.test('a disturbed prober voids the times of a trial, and never the claim about who spoke', async (t) => {
  const fenced = { ...fault, bound: BOUNDS.silentForMsAndFenced };
  const late = 'the prober was held up for 9.0 ms';
  const spoke = trial({ void: late, silentMs: 400, oldSpoke: 204, oldSpokeForMs: 99 });
  const result = resultOf(fenced, [trial(), spoke]);
  t.equal(outcomeOf(result), 'missed');
  t.equal(result.worst, spoke);
  t.same(result.missedInVoid, ['p99 of the silent time is 400.0 ms']);
  t.match(notesOf(result), [
    'missed: 204 frames of the old one after the announcement in 1 trials',
    /^the worst trial \(nlb1 struck\)/,
    '0 connections reset; 204 frames, the last 99.000 ms after it, of the old one after the announcement',
    /^prober late/,
    'void (1): the prober was held up for 9.0 ms',
    'in the void ones: p99 of the silent time is 400.0 ms',
  ]);
  const led = resultOf(fenced, [trial(), trial({ void: late, oldLed: 204 })]);
  t.equal(outcomeOf(led), 'kept');
  t.equal(
    notesOf(led)[0],
    '0 connections reset; no frame of the old one after the announcement, but for 204 under a lease that it had regained',
  );
  t.equal(outcomeOf(resultOf(fenced, [spoke])), 'missed', 'also where no time could be measured');
});

t.test('what could not be measured says why', async (t) => {
  t.same(notesOf(resultOf(fault, [], 'no library')), ['not measured: no library']);
});
