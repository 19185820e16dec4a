/** For how long first packets have waited: of the last thousand the median, the 99th percentile and the longest. */
export interface HeldTimes {
  /** @param ns from the data path's stamp on */
  add(ns: bigint): void;
  ms(): { p50: number; p99: number; most: number } | undefined;
}

const KEPT = 1000;

export function openHeldTimes(): HeldTimes {
  const last = new Float64Array(KEPT);
  let count = 0;
  return {
    add: (ns) => {
      last[count++ % KEPT] = Number(ns) / 1e6;
    },
    ms: () => {
      if (count === 0) return undefined;
      const sorted = last.slice(0, Math.min(count, KEPT)).sort();
      const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      return { p50: at(0.5), p99: at(0.99), most: at(1) };
    },
  };
}
