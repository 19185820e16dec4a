import { closeSync } from 'node:fs';
import { createArray, createArrayOfMaps, putMapInBackground } from './bpf-map.ts';

/** Tells when no BPF program runs any more that ran when it was asked. */
export interface ProgramBarrier {
  /**
   * Some 10 to 40 ms, during which the thread goes on; twice that where one is under way already. Whoever asks meanwhile waits for the
   * same next one: each takes a thread of Node's pool, which has few, and others wait for those. Throws SyscallError.
   */
  pass(): Promise<void>;
  close(): void;
}

/**
 * Replaces the one entry of a map of maps: the kernel returns from that when every program has ended that could have read the old entry
 * (Linux since 4.20: maybe_wait_bpf_programs() in kernel/bpf/syscall.c; programs that may sleep are not waited for). Throws SyscallError.
 */
export function openProgramBarrier(): ProgramBarrier {
  const entry = createArray('barrier_entry', 4, 1);
  const maps = createArrayOfMaps('barrier', entry, 1);
  const passes = openCoalesced(() => putMapInBackground(maps, 0, entry));
  return {
    pass: passes.take,
    close: () => {
      // Not while one is under way: the descriptor's number may be another's then.
      passes.end(() => {
        closeSync(maps);
        closeSync(entry);
      });
    },
  };
}

/** What is done one at a time: all that ask while one is under way get the same next one. */
export interface Coalesced {
  /** One that begins after this call. */
  take(): Promise<void>;
  /** What has not begun does not begin any more. `over` is called when none is under way, at once if none is. */
  end(over: () => void): void;
}

export function openCoalesced(act: () => Promise<void>): Coalesced {
  let underWay: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let [isEnding, whenOver] = [false, () => {}];
  const begin = async (): Promise<void> => {
    await underWay?.catch(() => {
      // Whoever asked for that one is told.
    });
    next = undefined;
    if (isEnding) return;
    const mine = act();
    underWay = mine;
    try {
      await mine;
    } finally {
      if (underWay === mine) underWay = undefined;
      whenOver();
    }
  };
  return {
    take: () => {
      next ??= begin();
      return next;
    },
    end: (over) => {
      [isEnding, whenOver] = [true, over];
      if (!underWay) over();
    },
  };
}
