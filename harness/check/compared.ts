import type { Counted } from '../history/event.ts';
import { checker } from './claim.ts';
import { fail, pass, unknown } from './verdict.ts';

/** What a node that leads is asked for: of so many connections, the other would send the next packet to the `same` server, or to a `different` one. */
export const COMPARED = 'where connections go on both nodes';

/**
 * HA-22: whenever both nodes were asked where the connections of the one that leads go, they said the same server of each.
 * @notices of so many connections one that would go to another server: whichever it is, as long as all are asked for
 */
export const sameServers = checker(function sameServers(options: { atLeast: number; times: number }) {
  const { atLeast, times } = options;
  return (during) => {
    const told = during.filter((event): event is Counted => event.kind === 'counted' && event.what === COMPARED);
    const of = (name: string): number => told.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
    const differing = told.filter(({ counts }) => (counts.different ?? 0) > 0);
    if (differing.length > 0) return fail(`${of('different')} connections would go to another server`, differing);
    if (told.length < times) return unknown(`they were asked ${told.length} times of ${times}`, told);
    const few = told.find(({ counts }) => (counts.same ?? 0) < atLeast);
    if (few) return unknown(`${few.counts.same ?? 0} of ${atLeast} connections were asked for`, [few]);
    return pass(`${of('same')} connections would go to the same server, asked ${told.length} times`, told);
  };
});
