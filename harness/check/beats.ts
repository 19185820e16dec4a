import type { Acted, FrameSeen, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { datagramsOf } from './datagrams.ts';
import { type Port, portText } from './seen.ts';
import { type ActFilter, actText, NS_PER_MS, toMs } from './span.ts';
import { Losses, ranNs } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

interface BeatsGoOn {
  /** Legs that the beats leave by. */
  ports: Port[];
  beatPort: number;
  /** What must not hold them up: each time that it was done, for so long at least; so often at least. */
  whilst: ActFilter & { times: number; lastingMs: number };
  /** Between two beats by one leg, and from the last one to the act's end. */
  pauseAtMostMs: number;
}

/** HA-1: beats leave by each leg, without a pause longer than that, all the while that something is done to the node. */
export const beatsGoOn = checker(function beatsGoOn({ ports, beatPort, whilst, pauseAtMostMs }: BeatsGoOn) {
  return (during, all = during) => {
    const acts = during.filter((event): event is Acted => isMeant(event, whilst));
    const short = acts.find((act) => lengthNs(act) < whilst.lastingMs * NS_PER_MS);
    if (short)
      return unknown(`${actText(whilst)} lasted ${toMs(lengthNs(short))}; ${whilst.lastingMs} ms were meant`, [short]);
    if (acts.length < whilst.times) return unknown(`${actText(whilst)} was done ${acts.length} times`, acts);
    const pauses = acts.flatMap((act) => ports.map((port) => longestPause(during, all, act, port, beatPort)));
    const longest = pauses.reduce((one, other) => (other.ns > one.ns ? other : one));
    const because = `the longest pause of ${portText(longest.port)} whilst ${actText(whilst)} was ${toMs(longest.ns)}`;
    const judge = longest.ns <= pauseAtMostMs * NS_PER_MS ? pass : fail;
    const sights = [{ what: 'frames' as const, where: ports.map(({ lan }) => lan) }];
    return unlessBlind(during, all, sights, judge(because, [...acts, ...longest.beats]));
  };
});

function isMeant(event: HistoryEvent, { what, node }: ActFilter): boolean {
  return event.kind === 'act' && event.what === what && (node === undefined || event.node === node);
}

const endNs = ({ atNs, untilNs = atNs }: Acted): number => untilNs;
const lengthNs = (act: Acted): number => endNs(act) - act.atNs;

interface Pause {
  port: Port;
  ns: number;
  /** Those around it. */
  beats: FrameSeen[];
}

/** From the act's beginning or a beat in it, to the next beat or the act's end; what the machine stood still is no part of it. */
function longestPause(
  during: readonly HistoryEvent[],
  all: readonly HistoryEvent[],
  act: Acted,
  port: Port,
  beatPort: number,
): Pause {
  const losses = new Losses(all);
  const beats = datagramsOf(during, { ...port, direction: 'sent' }, beatPort).filter(
    ({ atNs }) => atNs >= act.atNs && atNs <= endNs(act),
  );
  let longest: Pause = { port, ns: 0, beats: [] };
  let last: FrameSeen | undefined;
  for (const next of [...beats, undefined]) {
    const ns = ranNs(losses, last?.atNs ?? act.atNs, next?.atNs ?? endNs(act));
    if (ns > longest.ns) longest = { port, ns, beats: [last, next].filter((beat) => beat !== undefined) };
    last = next;
  }
  return longest;
}
