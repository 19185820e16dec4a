import type { Verdicts } from './health.ts';

/**
 * Whether a node that has just started knows enough of its servers and targets to say what it is worth. Until then it neither leads
 * nor stands by; whoever says too early that it has no healthy server loses an election that it should win.
 */
export interface FirstLook {
  verdicts: Verdicts;
  /** How many servers some service could send something to: they pass its check, and it is known where they are. */
  healthyServers: number;
  reachJudged: boolean;
}

/** How long a node waits for that before it may lead without. */
export const FIRST_LOOK_MS = 1000;

export function isReady({ verdicts, healthyServers, reachJudged }: FirstLook, sinceStartMs: number): boolean {
  return sinceStartMs > FIRST_LOOK_MS || (reachJudged && serversJudged(verdicts, healthyServers));
}

/**
 * Whether this life of the daemon has found a healthy server, or that there is none. What it has inherited proves nothing. A server
 * that has passed a check is found once it is known where it is, which takes one more look at the kernel's neighbours.
 */
function serversJudged(verdicts: Verdicts, healthyServers: number): boolean {
  const own = [...verdicts.values()].filter((verdict) => verdict && !verdict.inherited);
  const passed = own.some((verdict) => verdict?.healthy);
  return passed ? healthyServers > 0 : own.length === verdicts.size;
}
