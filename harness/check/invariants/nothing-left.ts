import type { Acted, HistoryEvent } from '../../history/event.ts';
import { checker } from '../claim.ts';
import { fail, pass, unknown, type Verdict } from '../verdict.ts';
import { type Invariant, nodesOf, placesOf } from './invariant.ts';

/**
 * Where the harness puts what stands on a node before a system was ever started there, and after the last one was stopped: a line
 * in the act's detail for each program, pin, address, rule, route and table of the packet filter.
 */
export const BEFORE_SYSTEM = 'list what stands before the system starts';
export const AFTER_SYSTEM = 'list what stands after the system has stopped';
/** Where it puts why it could not. */
export const NOT_ENDED = 'the lab could not be ended';

/** ALIAS-9: what stands on each of the nodes after its system was stopped stood there before it was ever started. */
const leavesNothing = checker(function leavesNothing(options: { nodes: string[] }) {
  const { nodes } = options;
  return (during, all = during): Verdict => {
    const evidence: HistoryEvent[] = [];
    for (const node of nodes) {
      const [before, later] = [listOf(all, BEFORE_SYSTEM, node), listOf(all, AFTER_SYSTEM, node)];
      if (!before) return unknown(`nobody looked at ${node} before its system was started`);
      if (!later) return unknown(`nobody looked at ${node} after its system had been stopped${whyNot(all)}`);
      const had = linesOf(before);
      const left = linesOf(later).filter((line) => !had.includes(line));
      if (left.length > 0) return fail(`${node} still has ${left.join(', ')}`, [before, later]);
      evidence.push(later);
    }
    return pass(`nothing is left on ${nodes.join(', ')}`, evidence);
  };
});

const listOf = (all: readonly HistoryEvent[], what: string, node: string): Acted | undefined =>
  all.findLast((event): event is Acted => event.kind === 'act' && event.what === what && event.node === node);

function whyNot(all: readonly HistoryEvent[]): string {
  const failed = all.find((event): event is Acted => event.kind === 'act' && event.what === NOT_ENDED);
  return failed ? `: ${failed.detail}` : ': it did not run';
}

const linesOf = ({ detail = '' }: Acted): string[] => detail.split('\n').filter((line) => line !== '');

export const nothingLeft: Invariant = {
  name: 'nothing left',
  title: 'a system that was stopped leaves no program, pin, address or rule',
  proves: ['ALIAS-9 throughout'],
  claim: (setting) => leavesNothing({ nodes: nodesOf(placesOf(setting, 'nlb')) }),
};
