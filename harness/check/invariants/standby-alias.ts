import type { HistoryEvent, ScriptRan } from '../../history/event.ts';
import { checker } from '../claim.ts';
import { unlessBlind } from '../coverage.ts';
import { type Holding, holdingsOf, holdingText } from '../holdings.ts';
import { EVENT_DELAY_NS } from '../one-answerer.ts';
import { Losses, ranNs } from '../standstill.ts';
import { fail, pass, unknown, type Verdict } from '../verdict.ts';
import { type Invariant, nodesOf, placesOf } from './invariant.ts';

/**
 * ALIAS-3, by address events: when a node has entered any state but active, it does not have the alias any more; and what it is
 * given then, it is given to become active, which its next script must say. A node that was killed, or does not run, has
 * entered no state: its kernel keeps the alias, and the standby it is not. A life that ended meanwhile took its script with it.
 * A new life may keep the alias of the one before it until it enters a state of its own: where it has led alone, it leads again.
 */
const aliasOffTheStandby = checker(function aliasOffTheStandby(options: { address: string; nodes: string[] }) {
  const { address, nodes } = options;
  return (during, all = during) => {
    const entered = during.filter(
      (event): event is ScriptRan =>
        event.kind === 'script' && event.state !== 'active' && !isStart(event) && nodes.includes(event.node),
    );
    const history: Known = {
      all,
      held: holdingsOf(all, address),
      losses: new Losses(all),
      judged: new Set(during),
    };
    for (const script of entered) {
      const wrong = keptAfter(script, history) ?? givenAfter(script, history);
      if (wrong) return wrong;
    }
    if (entered.length === 0) return unknown('no node was seen entering any state but active');
    const off = pass(`${entered.length} times a node entered another state than active, without the alias`, entered);
    return unlessBlind(during, all, [{ what: 'addresses', where: nodes }], off);
  };
});

/** What is asked of a history again and again. */
interface Known {
  all: readonly HistoryEvent[];
  held: Holding[];
  losses: Losses;
  judged: ReadonlySet<HistoryEvent>;
}

/** The node had the alias before the script, and still has it a while after it. */
function keptAfter(script: ScriptRan, { all, held, losses }: Known): Verdict | undefined {
  const next = nextScript(all, script);
  const nextNs = next ? enteredNsOf(next) : Number.POSITIVE_INFINITY;
  const kept = held.find(({ node, fromNs, untilNs }) => {
    const endNs = Math.min(untilNs, nextNs);
    if (node !== script.node || fromNs > script.atNs || endNs <= script.atNs) return false;
    return ranNs(losses, script.atNs, endNs) > EVENT_DELAY_NS;
  });
  return kept && fail(`${script.node} entered ${script.state}; ${holdingText(kept)}`, [script, ...kept.evidence]);
}

/** The node was given the alias, and its next script does not say that it leads. There is room for what is read late. */
function givenAfter(script: ScriptRan, { all, held, judged }: Known): Verdict | undefined {
  const next = nextScript(all, script);
  if (!next || mayLead(next)) return undefined;
  const [fromNs, untilNs] = [enteredNsOf(script) + EVENT_DELAY_NS, enteredNsOf(next) - EVENT_DELAY_NS];
  const given = held.find(
    ({ node, fromNs: givenNs, evidence: [added] }) =>
      node === script.node && givenNs > fromNs && givenNs < untilNs && added !== undefined && judged.has(added),
  );
  const because = `${script.node} was given it in state ${script.state}, and entered ${next.state} next`;
  return given && fail(because, [script, ...given.evidence, next]);
}

const nextScript = (all: readonly HistoryEvent[], { node, atNs }: ScriptRan): ScriptRan | undefined =>
  all.find((event): event is ScriptRan => event.kind === 'script' && event.node === node && event.atNs > atNs);

/** Scripts run one after the other, and so perhaps when their state is over: where the system says when the next was entered, that counts. */
const enteredNsOf = ({ enteredNs, atNs }: ScriptRan): number => enteredNs ?? atNs;

const isStart = ({ state, previous }: ScriptRan): boolean => state === 'initial' && previous === 'initial';

/** It says so, or says nothing of it: a new life began before its script could run. */
const mayLead = (script: ScriptRan): boolean => script.state === 'active' || isStart(script);

export const standbyAlias: Invariant = {
  name: 'alias off the standby',
  title: 'a node that is not active does not have the NLBS address',
  proves: ['ALIAS-3 throughout', 'ALIAS-4 throughout', 'ALIAS-5 throughout'],
  claim: (setting) => aliasOffTheStandby({ address: setting.nlbs, nodes: nodesOf(placesOf(setting, 'nlb')) }),
};
