/**
 * Why a lease must not be set, or undefined where it may be. Whoever decided to renew it may have stalled since: what has
 * lapsed meanwhile is not revived, for another may lead by now. All instants in milliseconds of one clock.
 * @param heldUntilMs what the data path holds; 0 for none, as after letting go
 * @param untilMs what is to be set
 */
export function whyNotRenewable(heldUntilMs: number, untilMs: number, nowMs: number): string | undefined {
  if (heldUntilMs !== 0 && heldUntilMs <= nowMs) return `stalled until ${lateText(nowMs - heldUntilMs)} after its end`;
  if (untilMs <= nowMs) return `stalled until ${lateText(nowMs - untilMs)} after the end of the one to be set`;
  return undefined;
}

const lateText = (ms: number): string => `${Math.round(ms)} ms`;
