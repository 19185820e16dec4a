import type { Counted } from '../history/event.ts';
import { checker } from './claim.ts';
import { pass, unknown } from './verdict.ts';

/** Under what the harness notes what the bad cable of a leg did to frames; in `counts`, `sent lost`, `received duplicated` and so on. */
export const impairedFrames = (leg: string): string => `frames through the bad cable of ${leg}`;

/**
 * A fault of a cable took effect: in each direction it did to at least so many frames what it was to do. Never fails: the harness made
 * the cable.
 * @premise
 */
export const cableImpaired = checker(function cableImpaired(options: {
  node: string;
  leg: string;
  atLeast: Record<string, number>;
}) {
  const { node, leg, atLeast } = options;
  return (during) => {
    const noted = during.find(
      (event): event is Counted =>
        event.kind === 'counted' && event.node === node && event.what === impairedFrames(leg),
    );
    if (!noted) return unknown(`nobody counted what passed the bad cable of ${node}/${leg}`);
    const wanted = ['sent', 'received'].flatMap((direction) =>
      Object.entries(atLeast).map(([what, count]) => ({ name: `${direction} ${what}`, count })),
    );
    const few = wanted.find(({ name, count }) => (noted.counts[name] ?? 0) < count);
    const told = Object.entries(noted.counts).map(([name, count]) => `${count} ${name}`);
    const because = `the cable of ${node}/${leg}: ${told.join(', ')}`;
    return few ? unknown(`${because}; ${few.count} ${few.name} were wanted`, [noted]) : pass(because, [noted]);
  };
});
