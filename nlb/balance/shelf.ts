import { type Backend, buildInPieces } from './maglev.ts';

/** A backend as selections name it. */
export interface Numbered extends Backend {
  id: number;
}

/** The selections of one list of servers, by which of them are to be chosen from. What has been made lately is kept. */
export interface Shelf {
  /** The selection where it is at hand. @param chosen an octet for each server, zero where it is left out */
  find(chosen: Uint8Array): Int32Array | undefined;
  /** Make it, in pieces of some tenths of a millisecond. It is at hand once that is through. */
  make(chosen: Uint8Array): Generator<void, void>;
}

/** Nobody is chosen. */
export const NOBODY: Int32Array = new Int32Array(65_537).fill(-1);
/** A quarter of a mebibyte each. As servers fail and come back, the same few come again. */
const KEPT = 8;

export function openShelf(servers: readonly Numbered[]): Shelf {
  const made = new Map<string, Int32Array>();
  return {
    find: (chosen) => {
      const key = keyOf(chosen);
      const slots = made.get(key);
      if (!slots) return undefined;
      made.delete(key);
      made.set(key, slots);
      return slots;
    },
    *make(chosen) {
      const backends = servers.filter((_, index) => chosen[index]);
      const hasAny = backends.some(({ weight }) => weight > 0);
      const slots = hasAny ? yield* built(backends) : NOBODY;
      made.set(keyOf(chosen), slots);
      const [oldest] = made.keys();
      if (made.size > KEPT && oldest !== undefined) made.delete(oldest);
    },
  };
}

function* built(backends: readonly Numbered[]): Generator<void, Int32Array> {
  const indices = yield* buildInPieces(backends);
  return indices.map((index) => backends[index]?.id ?? -1);
}

const keyOf = (chosen: Uint8Array): string =>
  Buffer.from(chosen.buffer, chosen.byteOffset, chosen.length).toString('latin1');
