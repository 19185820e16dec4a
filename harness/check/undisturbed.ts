import type { Acted, HistoryEvent, ProbeEnded, ScriptRan } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type ActFilter, actText, findAct } from './span.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

/** What a change that concerns others must leave alone. */

/** HA-14, HA-15: no address was added to or taken from any of the nodes. */
export const addressesUntouched = checker(function addressesUntouched(options: { nodes: string[] }) {
  const { nodes } = options;
  return (during, all = during) => {
    const touched = during.find((event) => event.kind === 'address' && nodes.includes(event.node));
    if (touched?.kind === 'address')
      return fail(`${touched.address} was ${touched.change} on ${touched.node}`, [touched]);
    const untouched = pass(`no address of ${nodes.join(', ')} was added or removed`);
    return unlessBlind(during, all, [{ what: 'addresses', where: nodes }], untouched);
  };
});

/** HA-15: none of the nodes ran a state script, though each has shown before that it leaves a mark. */
export const noScriptRan = checker(function noScriptRan(options: { nodes: string[] }) {
  const { nodes } = options;
  return (during, all = during) => {
    const isScript = (event: (typeof all)[number]): event is ScriptRan => event.kind === 'script';
    const ran = during.filter(isScript).find(({ node }) => nodes.includes(node));
    if (ran) return fail(`${ran.node} ran its script for ${ran.state}: ${ran.reason}`, [ran]);
    const marks = nodes.map((node) => all.filter(isScript).find((event) => event.node === node));
    const mute = marks.indexOf(undefined);
    if (mute >= 0) return unknown(`no script of ${nodes[mute]} ever left a mark`);
    return pass(
      `${nodes.join(' and ')} entered no state`,
      marks.flatMap((mark) => mark ?? []),
    );
  };
});

interface Kept {
  after: ActFilter;
  protocol: ProbeEnded['protocol'];
  atLeast: number;
}

/** Flows of a protocol that were answered before the act. */
function flowsBegunBefore(events: readonly HistoryEvent[], act: Acted, protocol: Kept['protocol']): ProbeEnded[][] {
  const probes = events.filter((event) => event.kind === 'probe' && event.protocol === protocol);
  const flows = [...Map.groupBy(probes as ProbeEnded[], ({ node, flow }) => `${node} ${flow}`).values()];
  return flows.filter(([first]) => first?.server !== undefined && first.atNs < act.atNs);
}

/** None of the flows lost anything or changed its server; at least so many lasted until after the act. */
function judgeKept(flows: readonly ProbeEnded[][], act: Acted, atLeast: number): Verdict {
  const doneNs = act.untilNs ?? act.atNs;
  const astray = flows.map((flow) => flow.find((probe) => probe.server !== flow[0]?.server)).find(Boolean);
  if (astray) return fail(`${astray.flow} ${fateOf(astray)}`, [act, astray]);
  const kept = flows.filter((flow) => flow.some(({ atNs }) => atNs > doneNs));
  if (kept.length < atLeast) return unknown(`${kept.length} flows lasted; ${atLeast} were wanted`, [act]);
  const evidence = kept.slice(0, 3).flatMap((flow) => flow.slice(-1));
  return pass(`each of ${kept.length} flows kept its server`, [act, ...evidence]);
}

/** FWD-12: flows that this server answered before the act lost nothing, and were answered by it until after it. At least so many. */
export const flowsStayAt = checker(function flowsStayAt({
  server,
  after,
  protocol,
  atLeast,
}: Kept & { server: string }) {
  return (during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const own = flowsBegunBefore(during, act, protocol).filter(([first]) => first?.server === server);
    return judgeKept(own, act, atLeast);
  };
});

/**
 * HA-15, BAL-4: flows that were answered before the act, by another server than the one named, lost nothing and were
 * answered by that same server until after it. At least so many; and the one named had flows too, so that there was something to
 * be kept apart.
 */
export const otherFlowsKept = checker(function otherFlowsKept({
  server,
  after,
  protocol,
  atLeast,
}: Kept & { server: string }) {
  return (during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const begun = flowsBegunBefore(during, act, protocol);
    const others = begun.filter(([first]) => first?.server !== server);
    const verdict = judgeKept(others, act, atLeast);
    if (verdict.verdict === 'fail' || others.length < begun.length) return verdict;
    return unknown(`${server} had no flow when ${actText(after)} began`, [act]);
  };
});

function fateOf({ server, outcome }: ProbeEnded): string {
  return server === undefined ? `ended ${outcome}` : `went to ${server}`;
}

/** HA-15: a server answered at least so many flows that began after an act was over. */
export const newFlowsReach = checker(function newFlowsReach(options: {
  server: string;
  after: ActFilter;
  atLeast: number;
}) {
  const { server, after, atLeast } = options;
  return (during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const doneNs = act.untilNs ?? act.atNs;
    const begun = during.filter(
      (event): event is ProbeEnded => event.kind === 'probe' && event.sequence === 0 && event.atNs >= doneNs,
    );
    const reached = begun.filter((probe) => probe.server === server);
    if (begun.length < atLeast) return unknown(`${begun.length} flows began later; ${atLeast} were wanted`, [act]);
    const because = `${server} answered ${reached.length} of ${begun.length} flows that began later`;
    const judge = reached.length >= atLeast ? pass : fail;
    return judge(because, [act, ...reached.slice(0, 3)]);
  };
});
