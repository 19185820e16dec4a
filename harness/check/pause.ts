import type { FrameSeen, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { datagramsOf } from './datagrams.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { pass, unknown } from './verdict.ts';

/** Who sends datagrams of a kind again and again: a daemon its heartbeats. */
export interface Sender {
  node: string;
  /** What the datagrams are sent to. */
  port: number | 'vrrp';
}

/** The time between two datagrams. */
export interface Pause {
  last: FrameSeen;
  next: FrameSeen;
}

/** The longest pause between two datagrams of the sender, by whatever leg. @returns undefined when it sent less than two */
export function longestPause(events: readonly HistoryEvent[], { node, port }: Sender): Pause | undefined {
  const sent = datagramsOf(events, { node, direction: 'sent' }, port);
  let longest: Pause | undefined;
  for (const [index, next] of sent.slice(1).entries()) {
    const last = sent[index];
    if (last && (!longest || lengthNs({ last, next }) > lengthNs(longest))) longest = { last, next };
  }
  return longest;
}

const lengthNs = ({ last, next }: Pause): number => next.atNs - last.atNs;

/**
 * A stall bit: the sender fell silent, once, for at least so long, and for less than what the claims beside this one are
 * about. Otherwise nothing is proved, and nothing is wrong with the sender either.
 * @premise
 */
export const paused = checker(function paused(options: Sender & { atLeastMs: number; lessThanMs: number }) {
  const { node, atLeastMs, lessThanMs } = options;
  return (during) => {
    const pause = longestPause(during, options);
    if (!pause) return unknown(`${node} was not seen sending twice`);
    const because = `${node} was silent for ${toMs(lengthNs(pause))}`;
    const evidence = [pause.last, pause.next];
    const ms = lengthNs(pause) / NS_PER_MS;
    if (ms < atLeastMs) return unknown(`${because}; ${atLeastMs} ms were meant`, evidence);
    return ms < lessThanMs
      ? pass(because, evidence)
      : unknown(`${because}; less than ${lessThanMs} ms were meant`, evidence);
  };
});
