/**
 * Whether this node hears anybody at all. Silence of the peer means nothing to a node that hears nobody: so while the peer is
 * silent the other stations of both subnets (servers, reach targets, the peer's own addresses) are asked by ARP, which their
 * kernels answer whatever becomes of their services. A node that hears one of them may take the peer for dead; one that hears
 * none must not, and is of no use as a leader either, for what clients send would not come to it.
 */
export interface Reception {
  /** Somebody else than this node was heard since the peer was last, or since this node stalled. */
  proved: boolean;
  /** Rounds of questions that had no answer, since the last that had one. */
  roundsUnanswered: number;
  /** When the last round was. */
  askedAtMs: number;
}

/** Ten in a row, an interval apart, before a node takes itself for deaf: the busiest kernel answers one of them. */
const ROUNDS_ENOUGH = 10;
/** Once it is known whether anybody is heard, a round a second is enough (RFC 1122 section 2.3.2.1). */
const SLOW_ROUND_MS = 1000;

export const untried: Reception = { proved: false, roundsUnanswered: 0, askedAtMs: Number.NEGATIVE_INFINITY };

export function isRoundDue(
  { proved, roundsUnanswered, askedAtMs }: Reception,
  atMs: number,
  intervalMs: number,
): boolean {
  const isKnown = roundsUnanswered === 0 ? proved : roundsUnanswered >= ROUNDS_ENOUGH;
  return atMs - askedAtMs >= (isKnown ? SLOW_ROUND_MS : intervalMs);
}

/** Whether what is heard now can be an answer: what came before the first question is older than the silence. */
export function isAskingAround({ reception }: { reception: Reception }): boolean {
  return Number.isFinite(reception.askedAtMs);
}

export function askedAround(reception: Reception, atMs: number): Reception {
  return { ...reception, roundsUnanswered: reception.roundsUnanswered + 1, askedAtMs: atMs };
}

export function heardSomebody(reception: Reception): Reception {
  return { ...reception, proved: true, roundsUnanswered: 0 };
}

export function hearsNobody({ roundsUnanswered }: Reception): boolean {
  return roundsUnanswered >= ROUNDS_ENOUGH;
}
