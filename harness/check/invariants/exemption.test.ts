import t from 'tap';
import type { HistoryEvent } from '../../history/event.ts';
import { checker, verdictOn } from '../claim.ts';
import { act, history, testRun } from '../literal-history.ts';
import { fail, pass } from '../verdict.ts';
import { type Exemption, except, exemptedIn, exemptedText } from './exemption.ts';

/** Fails on each act of that name. */
const neverWrong = checker(function neverWrong(_: Record<string, never>) {
  return (during) => {
    const found = during.filter((event) => event.kind === 'act' && event.what === 'wrong');
    return found.length > 0 ? fail('wrong', found) : pass('right');
  };
});
const wrong = (atMs: number) => act(atMs, 'wrong');

function verdict(exemption: Omit<Exemption, 'invariant' | 'why'>, ...events: HistoryEvent[]): string {
  const all = history(testRun('it holds', 100, 500), ...events);
  const exempted = exemptedIn(all, 'it holds', [{ invariant: 'one answerer', why: 'we do', ...exemption }]);
  return verdictOn(except(exempted, neverWrong({})), all).verdict;
}

t.test('what a test breaks on purpose is not judged, from its beginning to its end', async (t) => {
  t.equal(verdict({}, wrong(100), wrong(300), wrong(500)), 'pass');
  t.equal(verdict({}, wrong(99)), 'fail');
  t.equal(verdict({}, wrong(501)), 'fail');
});

t.test('where acts bound it, from the beginning of the one to the end of the other', async (t) => {
  const bounded = { from: { what: 'cut', node: 'nlb1' }, until: { what: 'heal' } };
  const [cut, heal] = [act(200, 'cut', 'nlb1', 250), act(300, 'heal', 'nlb1', 350)];
  t.equal(verdict(bounded, cut, heal, wrong(200), wrong(350)), 'pass');
  t.equal(verdict(bounded, cut, heal, wrong(199)), 'fail');
  t.equal(verdict(bounded, cut, heal, wrong(351)), 'fail');
  t.equal(verdict(bounded, cut, act(150, 'heal'), wrong(450)), 'pass', 'without its end it lasts as long as the test');
  t.equal(verdict(bounded, act(200, 'cut', 'nlb2'), heal), 'unknown', 'an act that was not done excuses nothing');
  t.equal(verdict(bounded, act(50, 'cut', 'nlb1'), heal), 'unknown', 'nor one of another test');
});

t.test('a test that was not run has broken nothing', async (t) => {
  t.same(exemptedIn([wrong(1)], 'it holds', [{ invariant: 'one answerer', why: 'we do' }]), []);
});

t.test('a test that was run twice is exempted twice; one that never ended, to the end of the history', async (t) => {
  const exemption = [{ invariant: 'one answerer' as const, why: 'we do' }];
  const [first, second] = [testRun('it holds', 100, 200), testRun('it holds', 300, 400)];
  const spans = (...events: HistoryEvent[][]) =>
    exemptedIn(history(...events), 'it holds', exemption).map(({ span }) => span && [span.fromNs, span.untilNs]);
  t.same(spans(first, second), [
    [100e6, 200e6],
    [300e6, 400e6],
  ]);
  t.same(spans(first, second.slice(0, 1), [act(350, 'kill')]).at(1), [300e6, 350e6]);
});

t.test('a report says what, when, where and why', async (t) => {
  const all = testRun('it holds', 100, 500);
  t.same(exemptedIn(all, 'it holds', [{ invariant: 'one answerer', why: 'we answer, too' }]).map(exemptedText), [
    'one answerer: not judged from 100 ms to 500 ms, in "it holds", because we answer, too',
  ]);
});
