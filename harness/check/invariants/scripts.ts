import { scriptsInOrder } from '../scripts.ts';
import { pass, type Verdict } from '../verdict.ts';
import { type Invariant, nodesOf, placesOf } from './invariant.ts';

/** Where the harness puts each start of the system on a node. */
export const STARTED = 'the system is started';

export const scripts: Invariant = {
  name: 'scripts in order',
  title: 'state scripts run once each, in the order of the states',
  proves: ['HA-5 throughout'],
  checker(setting) {
    const checkers = nodesOf(placesOf(setting, 'nlb')).map((node) =>
      scriptsInOrder({ node, start: STARTED, atLeast: 1 }),
    );
    return (during, all = during): Verdict => {
      const verdicts = checkers.map((checker) => checker(during, all));
      const short =
        verdicts.find(({ verdict }) => verdict === 'fail') ?? verdicts.find(({ verdict }) => verdict !== 'pass');
      return short ?? pass(verdicts.map(({ because }) => because).join('; '));
    };
  },
};
