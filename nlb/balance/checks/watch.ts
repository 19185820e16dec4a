import type { CheckConfig } from '../../config/schema.ts';
import { checkTcp } from './tcp.ts';
import { judged, type Verdict } from './verdict.ts';

export interface Watched {
  address: string;
  /** Used where the check names no port. */
  port: number;
  check: CheckConfig;
}

/**
 * Checks a server again and again, never twice at once, and tells every verdict that differs from the one before.
 * @returns what stops it
 */
export function watchServer({ address, port, check }: Watched, changed: (verdict: Verdict) => void): () => void {
  const target = { address, port: check.port ?? port, timeoutMs: check.timeoutMs };
  let verdict: Verdict | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const round = async () => {
    const result = await checkTcp(target);
    if (stopped) return;
    const before = verdict;
    verdict = judged(before, result.passed ? undefined : result.why, check);
    if (verdict.healthy !== before?.healthy) changed(verdict);
    timer = setTimeout(round, Math.max(0, check.intervalMs - result.tookMs));
  };
  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
