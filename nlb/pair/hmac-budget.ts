/**
 * How many datagrams are verified in a while: a flood must not keep the thread that beats from beating. The start of the peer
 * that is believed has an allowance of its own, which whoever cannot see its beats cannot spend.
 */
export interface HmacBudget {
  /** Whether one more is to be verified. */
  spend(who: 'peer' | 'unverified', atMs: number): boolean;
}

/** Some milliseconds of HMACs in each hundred, at worst; what a peer and its challenge replies need is a fraction of it. */
const WINDOW_MS = 10;
const MOST = { peer: 256, unverified: 32 };

export function openHmacBudget(): HmacBudget {
  let fromMs = Number.NEGATIVE_INFINITY;
  let spent = { peer: 0, unverified: 0 };
  return {
    spend: (who, atMs) => {
      if (atMs - fromMs >= WINDOW_MS) {
        fromMs = atMs;
        spent = { peer: 0, unverified: 0 };
      }
      spent[who]++;
      return spent[who] <= MOST[who];
    },
  };
}
