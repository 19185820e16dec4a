import type { HistoryEvent } from '../history/event.ts';
import { announcementsFrom } from './announcement.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { holdingsOf } from './holdings.ts';
import { probesOf } from './probes.ts';
import { type Port, portText } from './seen.ts';
import { type ActFilter, actText, findAct, toMs } from './span.ts';
import { isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

interface Takeover {
  address: string;
  /** Node that held the address when the act began. */
  from: string;
  /** Access leg of the node that must take over. */
  to: Port;
  after: ActFilter;
  /** From the beginning of the act to the alias, the announcement, and the answer to a probe sent after the alias. */
  withinMs: number;
}

/** HA-1, HA-2, HA-6: after the act the other node holds the address, has announced it, and the cluster answers, all in time. */
export const tookOver = checker(function tookOver(options: Takeover) {
  const { address, from, to, after, withinMs } = options;
  return unlessMissed({ what: 'addresses', where: [from, to.node] }, (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const holdings = holdingsOf(all, address);
    const heldAt = (node: string) =>
      holdings.find((one) => one.node === node && one.fromNs <= act.atNs && one.untilNs > act.atNs);
    if (!heldAt(from)) return unknown(`${from} did not hold ${address} when ${actText(after)} began`, [act]);
    const already = heldAt(to.node);
    if (already) return unknown(`${to.node} held ${address} already`, [act, ...already.evidence]);
    const taken = holdings.find((one) => one.node === to.node && one.fromNs >= act.atNs);
    const sights = [
      { what: 'addresses' as const, where: [to.node] },
      { what: 'frames' as const, where: [to.lan] },
    ];
    if (!taken) return unlessBlind(during, all, sights, fail(`${to.node} did not take ${address}`, [act]));
    const steps = stepsAfter(during, options, taken.fromNs, taken.evidence.slice(0, 1));
    const verdict = judgeSteps(all, act.atNs, steps, withinMs);
    const withAct = { ...verdict, evidence: [act, ...verdict.evidence] };
    return verdict.verdict === 'fail' ? unlessBlind(during, all, sights, withAct) : withAct;
  });
});

/** A step of a takeover, and when it was done; without an instant it was not. */
interface Step {
  what: string;
  atNs: number | undefined;
  evidence: readonly HistoryEvent[];
}

function stepsAfter(
  during: readonly HistoryEvent[],
  { address, to, after }: Takeover,
  takenNs: number,
  evidence: readonly HistoryEvent[],
): Step[] {
  const begunNs = findAct(during, after)?.atNs ?? takenNs;
  const announced = announcementsFrom(during, to, address).find(({ event }) => event.atNs >= begunNs);
  const served = probesOf(during).filter((probe) => probe.atNs >= takenNs && probe.answeredNs !== undefined);
  const first = served.toSorted((one, other) => (one.answeredNs ?? 0) - (other.answeredNs ?? 0))[0];
  return [
    { what: `${to.node} held the address`, atNs: takenNs, evidence },
    { what: `${portText(to)} announced it`, atNs: announced?.event.atNs, evidence: announced ? [announced.event] : [] },
    { what: 'a probe was answered', atNs: first?.answeredNs, evidence: first ? [first] : [] },
  ];
}

function judgeSteps(all: readonly HistoryEvent[], fromNs: number, steps: readonly Step[], withinMs: number): Verdict {
  const evidence = steps.flatMap((step) => step.evidence);
  const because = steps
    .map(({ what, atNs }) =>
      atNs === undefined ? `never: ${what}` : `${what} after ${toMs(ranNs(all, fromNs, atNs))}`,
    )
    .join(', ');
  const late = steps.some(({ atNs }) => atNs === undefined || !isWithin(all, fromNs, atNs, withinMs));
  return late ? fail(`${because}; ${withinMs} ms were allowed`, evidence) : pass(because, evidence);
}
