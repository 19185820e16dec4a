/**
 * Why a lease must not be set, or undefined where it may be. Whoever decided to renew it may have stalled since: what has
 * lapsed meanwhile is not revived, for another may lead by now; and a first one is not taken late, for the peer has asked since
 * whether anybody answers. All instants in milliseconds of one clock.
 * @param currentUntilMs what the data path holds; 0 for none, as after letting go
 * @param untilMs what is to be set
 * @param firstByMs when a first one must have been taken
 */
export function whyNotRenewable(
  currentUntilMs: number,
  untilMs: number,
  nowMs: number,
  firstByMs = Number.POSITIVE_INFINITY,
): string | undefined {
  if (currentUntilMs === 0 && nowMs > firstByMs)
    return `stalled until ${lateText(nowMs - firstByMs)} after it should have been taken`;
  if (currentUntilMs !== 0 && currentUntilMs <= nowMs)
    return `stalled until ${lateText(nowMs - currentUntilMs)} after its end`;
  if (untilMs <= nowMs) return `stalled until ${lateText(nowMs - untilMs)} after the end of the one to be set`;
  return undefined;
}

const lateText = (ms: number): string => `${Math.round(ms)} ms`;
