import type { Numbered, Shelf } from '../balance/shelf.ts';

/** The weights of a list of servers, by which of them are to be chosen from; always at hand, and the same array for the same choice. */
export function openWeightShelf(servers: readonly Numbered[]): Shelf {
  let last: { key: string; weights: Int32Array } | undefined;
  return {
    find: (chosen) => {
      const key = chosen.join('');
      if (last?.key !== key)
        last = { key, weights: Int32Array.from(servers, ({ weight }, index) => (chosen[index] ? weight : 0)) };
      return last.weights;
    },
    *make() {},
  };
}
