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
 * @param verdict what is known of it from before; when absent, the first check decides
 * @returns what stops it
 */
export function watchServer(
  { address, port, check }: Watched,
  changed: (verdict: Verdict) => void,
  verdict?: Verdict,
): () => void {
  const target = { address, port: check.port ?? port, timeoutMs: check.timeoutMs };
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const round = async () => {
    const result = await checkTcp(target);
    if (stopped) return;
    const before = verdict;
    verdict = judged(before, result.passed ? undefined : result.why, check);
    if (verdict.healthy !== before?.healthy || before.inherited) changed(verdict);
    timer = setTimeout(round, Math.max(0, check.intervalMs - result.tookMs));
  };
  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
