/** What the kernel offers for it (kernel/hidden-addresses.ts). */
export interface HidingKernel {
  hide(address: string): void;
  unhide(address: string): void;
  list(): string[];
}

/**
 * Keeps the cluster addresses on the loopback from the node's own stack, by whatever interface their packets come: also by one
 * that has just been made, on which there is no data path yet.
 */
export interface Hiding {
  /** To be called before they are put there. */
  hide(wanted: readonly string[]): void;
  /** To be called after the others have gone: what is hidden and not wanted is shown again. */
  unhideOthers(wanted: readonly string[]): void;
}

/** Nobody has a reason to take them away; whether they are there is looked at so often. */
const LOOK_EVERY_MS = 1000;

export function openHiding(kernel: HidingKernel, nowMs: () => number): Hiding {
  // An earlier life may have hidden others.
  let hidden = new Set(kernel.list());
  let lookedMs = Number.NEGATIVE_INFINITY;
  return {
    hide: (wanted) => {
      const known = nowMs() - lookedMs < LOOK_EVERY_MS ? hidden : new Set<string>();
      for (const address of wanted) if (!known.has(address)) kernel.hide(address);
      if (known !== hidden) lookedMs = nowMs();
      hidden = new Set([...hidden, ...wanted]);
    },
    unhideOthers: (wanted) => {
      for (const address of hidden) if (!wanted.includes(address)) kernel.unhide(address);
      hidden = new Set(wanted);
    },
  };
}
