/**
 * How often a Linux host says that nobody listens on a port (net/ipv4/inetpeer.c, net.ipv4.icmp_ratelimit): to each address
 * six times in a row, and then once a second.
 */
export interface UnreachableLimit {
  /** Whether one is sent now. */
  allows(nowMs: number): boolean;
}

const EVERY_MS = 1000;
const IN_A_ROW = 6;

export function openUnreachableLimit(): UnreachableLimit {
  let savedMs = IN_A_ROW * EVERY_MS;
  let lastMs = 0;
  return {
    allows: (nowMs) => {
      savedMs = Math.min(savedMs + nowMs - lastMs, IN_A_ROW * EVERY_MS);
      lastMs = nowMs;
      if (savedMs < EVERY_MS) return false;
      savedMs -= EVERY_MS;
      return true;
    },
  };
}
