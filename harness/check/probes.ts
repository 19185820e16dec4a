import type { HistoryEvent, ProbeEnded } from '../history/event.ts';
import { checker, partChecker } from './claim.ts';
import { lossFoundText } from './power.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { isWithin, Losses, ranNs } from './standstill.ts';
import { type Checker, fail, pass, unknown } from './verdict.ts';

/** Which probes are meant; all, where nothing is given. */
export interface ProbeFilter {
  node?: string;
  protocol?: ProbeEnded['protocol'];
}

export function probesOf(events: readonly HistoryEvent[], { node, protocol }: ProbeFilter = {}): ProbeEnded[] {
  return events.filter(
    (event): event is ProbeEnded =>
      event.kind === 'probe' &&
      (node === undefined || event.node === node) &&
      (protocol === undefined || event.protocol === protocol),
  );
}

/** Judge only probes of flows that began from then on. */
export const ofFlowsBegun = partChecker(function ofFlowsBegun(fromNs: number, claim) {
  return (during, all = during) => {
    const first = (probe: ProbeEnded): boolean => probe.sequence === 0 && probe.atNs >= fromNs;
    const begun = new Set(probesOf(all).filter(first).map(flowName));
    return claim(
      during.filter((event) => event.kind !== 'probe' || begun.has(flowName(event))),
      all,
    );
  };
});

/**
 * Leaves out the probes with the ports of an earlier connection that the server served: such a connection goes on there, whatever
 * the server's check says by now (FWD-5).
 */
export const exceptPortsOf = partChecker(function exceptPortsOf(server: string, claim) {
  return (during, all = during) => {
    const served = all.filter((event) => event.kind === 'served' && event.node === server);
    const goesOn = (probe: ProbeEnded): boolean =>
      served.some((event) => event.kind === 'served' && event.atNs < probe.atNs && isFrom(event.client, probe));
    return claim(
      during.filter((event) => event.kind !== 'probe' || !goesOn(event)),
      all,
    );
  };
});

/**
 * Leaves out the flows with the addresses and ports of an earlier one: the load balancer that forwarded that may know it still, and then
 * its successor, which does not, rightly chooses anew (FWD-5, HA-3).
 */
export const ofUnusedPorts = partChecker(function ofUnusedPorts(_part: Record<string, never>, claim) {
  return (during, all = during) => {
    const first = new Map<string, string>();
    for (const probe of probesOf(all)) {
      const ends = endsOf(probe);
      if (!first.has(ends)) first.set(ends, flowName(probe));
    }
    const isFirst = (probe: ProbeEnded): boolean => first.get(endsOf(probe)) === flowName(probe);
    return claim(
      during.filter((event) => event.kind !== 'probe' || isFirst(event)),
      all,
    );
  };
});

/** `udp 198.51.100.10:40123 > 203.0.113.10:7` */
const endsOf = ({ protocol, flow }: ProbeEnded): string => `${protocol} ${flow.slice(flow.indexOf(' ') + 1)}`;

const isFrom = (client: string, { flow }: ProbeEnded): boolean => flow.includes(` ${client} > `);

const flowName = ({ node, flow }: ProbeEnded): string => `${node} ${flow}`;

/** How many probes it takes, and how evenly they must have been sent. */
interface Sample extends ProbeFilter {
  atLeast: number;
  /**
   * The longest time between two sendings, where the claim is about every instant. A probe that was not sent cannot be lost:
   * a prober that pauses at the wrong moment sees nothing of it, and then nothing is known.
   */
  pauseAtMostMs?: number;
}

/** None of at least so many probes ended in one of the ways that `because` names. */
function noneEnded(outcomes: ProbeEnded['outcome'][], options: Sample): Checker {
  const { atLeast, pauseAtMostMs = Number.POSITIVE_INFINITY } = options;
  return (during) => {
    const probes = probesOf(during, options);
    const bad = probes.filter(({ outcome }) => outcomes.includes(outcome));
    const [first] = bad;
    if (first)
      return fail(`${bad.length} of ${probes.length} probes ended ${countsOf(bad)}; the first: ${first.flow}`, bad);
    if (probes.length < atLeast) return unknown(`${probes.length} probes ended; ${atLeast} were wanted`);
    const because = `none of ${probes.length} probes ended ${outcomes.join(' or ')}`;
    const pauseNs = widestPauseNs(probes.map(({ atNs }) => atNs));
    if (pauseNs > pauseAtMostMs * NS_PER_MS) return unknown(`${because}, but the prober paused for ${toMs(pauseNs)}`);
    return pass(`${because}; ${lossFoundText(probes.length)}`, probes.slice(0, 1));
  };
}

function countsOf(probes: readonly ProbeEnded[]): string {
  const groups = Map.groupBy(probes, ({ outcome }) => outcome);
  return [...groups].map(([outcome, { length }]) => `${outcome} (${length})`).join(', ');
}

/**
 * HA-6: every probe was answered, and rightly.
 * @notices one in so many as the verdict says, with 99.9 % probability; see below
 */
export const noneLost = checker(function noneLost(options: Sample) {
  return noneEnded(['lost', 'refused', 'reset', 'corrupt'], options);
});

/**
 * HA-4: no connection was reset or refused.
 * @notices one in so many as the verdict says, with 99.9 % probability; see below
 */
export const noReset = checker(function noReset(options: Sample) {
  return noneEnded(['reset', 'refused'], options);
});

/**
 * HA-4: no answer differed from what was sent.
 * @notices one in so many as the verdict says, with 99.9 % probability; see below
 */
export const noneCorrupt = checker(function noneCorrupt(options: Sample) {
  return noneEnded(['corrupt'], options);
});

/** An interval without an answered probe, between the sendings of those around it. */
export interface Silence {
  fromNs: number;
  untilNs: number;
  /** Probes sent in it, all without an answer. */
  unanswered: ProbeEnded[];
}

/**
 * The longest time without an answered probe, by the instants of sending: from the last that was answered (or the first of
 * all) to the next that was (or the last of all). Probes must be in order of sending.
 */
export function silentTime(probes: readonly ProbeEnded[]): Silence | undefined {
  const [first] = probes;
  if (!first) return undefined;
  let current: Silence = { fromNs: first.atNs, untilNs: first.atNs, unanswered: [] };
  let longest = current;
  for (const probe of probes) {
    current.untilNs = probe.atNs;
    if (current.untilNs - current.fromNs > longest.untilNs - longest.fromNs) longest = current;
    if (probe.outcome === 'answered') current = { fromNs: probe.atNs, untilNs: probe.atNs, unanswered: [] };
    else current.unanswered.push(probe);
  }
  return longest;
}

/**
 * The longest silent time is at most so many milliseconds, counted over all probes together or for each flow alone. Unknown
 * when the prober itself paused that long, for then a gap says nothing of the system.
 * @notices a gap of `ms`, to the distance of two probes
 */
export const gapAtMost = checker(function gapAtMost(
  options: ProbeFilter & { ms: number; per: 'all' | 'flow'; atLeast: number },
) {
  const { ms, per, atLeast } = options;
  return (during, all = during) => {
    const losses = new Losses(all);
    const lengthNs = ({ fromNs, untilNs }: Silence) => ranNs(losses, fromNs, untilNs);
    const probes = probesOf(during, options);
    if (probes.length < atLeast) return unknown(`${probes.length} probes ended; ${atLeast} were wanted`);
    if (probes.every(({ outcome }) => outcome !== 'answered')) return fail('no probe was answered', probes);
    const groups = per === 'all' ? [probes] : [...Map.groupBy(probes, ({ node, flow }) => `${node} ${flow}`).values()];
    const silences = groups.flatMap((group) => silentTime(group) ?? []);
    const longest = silences.reduce((one, other) => (lengthNs(other) > lengthNs(one) ? other : one));
    const evidence = probes.filter(({ atNs }) => atNs === longest.fromNs || atNs === longest.untilNs);
    const because = `the longest silent time was ${toMs(lengthNs(longest))}, with ${longest.unanswered.length} probes in it`;
    if (isWithin(losses, longest.fromNs, longest.untilNs, ms)) return pass(because, evidence);
    if (widestPauseNs(instantsOf(longest)) > ms * NS_PER_MS)
      return unknown(`${because}, but the prober itself paused`, evidence);
    return fail(`${because}; at most ${ms} ms were allowed`, [...evidence, ...longest.unanswered]);
  };
});

/** When something was sent in a silence, and its ends. */
function instantsOf({ fromNs, untilNs, unanswered }: Silence): number[] {
  return [fromNs, ...unanswered.map(({ atNs }) => atNs), untilNs];
}

/** The longest time from one instant to the next; the instants must be in order. */
function widestPauseNs(instants: readonly number[]): number {
  return Math.max(0, ...instants.slice(1).map((atNs, index) => atNs - (instants[index] ?? atNs)));
}
