import type { HistoryEvent, ScriptRan } from '../../history/event.ts';
import { unlessBlind } from '../coverage.ts';
import { type Holding, holdingsOf, holdingText } from '../holdings.ts';
import { EVENT_DELAY_NS } from '../one-answerer.ts';
import { ranNs, standstillsIn } from '../standstill.ts';
import { type Checker, fail, pass, unknown } from '../verdict.ts';
import { type Invariant, nodesOf, placesOf } from './invariant.ts';

/**
 * ALIAS-3, by address events: when a node has entered any state but active, it does not have the alias any more; and what it is
 * given then, it is given to become active, which its next script must say. A node that was killed, or does not run, has
 * entered no state: its kernel keeps the alias, and the standby it is not. A life that ended meanwhile took its script with it.
 * A new life may keep the alias of the one before it until it enters a state of its own: where it has led alone, it leads again.
 */
function aliasOffTheStandby(options: { address: string; nodes: string[] }): Checker {
  const { address, nodes } = options;
  return (during, all = during) => {
    const entered = during.filter(
      (event): event is ScriptRan =>
        event.kind === 'script' && event.state !== 'active' && !isStart(event) && nodes.includes(event.node),
    );
    const held = holdingsOf(all, address);
    const standstills = standstillsIn(all);
    for (const script of entered) {
      const next = nextScript(all, script);
      const own = held.filter(({ node }) => node === script.node);
      const kept = own.find((one) => keeps(one, script, next, standstills));
      if (kept) return fail(`${script.node} entered ${script.state}; ${holdingText(kept)}`, [script, ...kept.evidence]);
      const given = next && !leads(next) ? own.find((one) => isGiven(one, script, next)) : undefined;
      if (given && next) {
        const because = `${script.node} was given it in state ${script.state}, and entered ${next.state} next`;
        return fail(because, [script, ...given.evidence, next]);
      }
    }
    if (entered.length === 0) return unknown('no node was seen entering any state but active');
    const off = pass(`${entered.length} times a node entered another state than active, without the alias`, entered);
    return unlessBlind(during, all, [{ what: 'addresses', where: nodes }], off);
  };
}

const nextScript = (all: readonly HistoryEvent[], { node, atNs }: ScriptRan): ScriptRan | undefined =>
  all.find((event): event is ScriptRan => event.kind === 'script' && event.node === node && event.atNs > atNs);

const isStart = ({ state, previous }: ScriptRan): boolean => state === 'initial' && previous === 'initial';

/** Or says nothing of it, because a new life begins. */
const leads = (script: ScriptRan): boolean => script.state === 'active' || isStart(script);

/** Held before the script, and still a while after it. */
function keeps(one: Holding, script: ScriptRan, next: ScriptRan | undefined, standstills: readonly HistoryEvent[]) {
  if (one.fromNs > script.atNs) return false;
  const untilNs = Math.min(one.untilNs, next?.atNs ?? Number.POSITIVE_INFINITY);
  return untilNs > script.atNs && ranNs(standstills, script.atNs, untilNs) > EVENT_DELAY_NS;
}

/** Its beginning lies between two scripts, with room for what is read late on either side. */
const isGiven = ({ fromNs }: Holding, script: ScriptRan, next: ScriptRan): boolean =>
  fromNs > script.atNs + EVENT_DELAY_NS && fromNs < next.atNs - EVENT_DELAY_NS;

export const standbyAlias: Invariant = {
  name: 'alias off the standby',
  title: 'a node that is not active does not have the NLBS address',
  proves: ['ALIAS-3', 'ALIAS-4', 'ALIAS-5'],
  checker: (setting) => aliasOffTheStandby({ address: setting.nlbs, nodes: nodesOf(placesOf(setting, 'nlb')) }),
};
