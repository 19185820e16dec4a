import { checker, verdictOn } from '../claim.ts';
import { scriptsInOrder } from '../scripts.ts';
import { pass, type Verdict } from '../verdict.ts';
import { type Invariant, nodesOf, placesOf } from './invariant.ts';

/** Where the harness puts each start of the system on a node. */
export const STARTED = 'the system is started';

/** HA-5: `scriptsInOrder` of each of the nodes. */
const allScriptsInOrder = checker(function allScriptsInOrder(options: { nodes: string[]; start: string }) {
  const claims = options.nodes.map((node) => scriptsInOrder({ node, start: options.start, atLeast: 1 }));
  return (during, all = during): Verdict => {
    const verdicts = claims.map((claim) => verdictOn(claim, during, all));
    const short =
      verdicts.find(({ verdict }) => verdict === 'fail') ?? verdicts.find(({ verdict }) => verdict !== 'pass');
    return short ?? pass(verdicts.map(({ because }) => because).join('; '));
  };
});

export const scripts: Invariant = {
  name: 'scripts in order',
  title: 'state scripts run once each, in the order of the states',
  proves: ['HA-5 throughout'],
  claim: (setting) => allScriptsInOrder({ nodes: nodesOf(placesOf(setting, 'nlb')), start: STARTED }),
};
