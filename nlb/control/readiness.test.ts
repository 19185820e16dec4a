import t from 'tap';
import { inheritedVerdict, type Verdict } from '../balance/checks/verdict.ts';
import { defaultCheck } from '../config/schema.ts';
import { FIRST_LOOK_MS, isReady } from './readiness.ts';

const inherited = inheritedVerdict(defaultCheck);
const passed: Verdict = { healthy: true, contrary: 0 };
const failed: Verdict = { ...passed, healthy: false, why: 'refused' };

const cases: [what: string, verdicts: (Verdict | undefined)[], healthyServers: number, ready: boolean][] = [
  ['no check has ended', [undefined, undefined], 0, false],
  ['one server is found to be healthy, others have yet to be looked at', [passed, undefined], 1, true],
  ['one passes its check, and nobody knows yet where it is', [passed, undefined], 0, false],
  ['all pass their checks, and nobody knows yet where they are', [passed, passed], 0, false],
  ['one fails, another has yet to be looked at', [failed, undefined], 0, false],
  ['all fail', [failed, failed], 0, true],
  ['one fails, and one passes and is found', [failed, passed], 1, true],
  ['an earlier life found them healthy', [inherited, inherited], 2, false],
  ['an earlier life found one healthy, this life another', [inherited, passed], 2, true],
  ['there is nothing to check', [], 0, true],
];

t.test('a node that has just started is ready when it has found a healthy server, or that there is none', async (t) => {
  for (const [what, list, healthyServers, ready] of cases) {
    const verdicts = new Map(list.map((verdict, i) => [`http on server${i}`, verdict]));
    const look = { verdicts, healthyServers, reachJudged: true };
    t.equal(isReady(look, 50), ready, what);
    t.equal(isReady({ ...look, reachJudged: false }, 50), false, 'not before its reach targets are judged');
    t.equal(isReady({ ...look, reachJudged: false }, FIRST_LOOK_MS + 1), true, 'it does not wait for ever');
  }
});
