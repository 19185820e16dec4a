import type { CensusTaken } from '../history/event.ts';
import { checker } from './claim.ts';
import { fail, pass, unknown } from './verdict.ts';

/** A route that a node must have, and the only one to that destination. `to` is an address, a subnet or `default`. */
export interface RequiredRoute {
  node: string;
  to: string;
  via: string;
}

/** ROUTE-1, ROUTE-2: by every census, each of the nodes has just one route to the destination, through that next hop. */
export const routesAre = checker(function routesAre(required: RequiredRoute[]) {
  return (during) => {
    const censuses = during.filter((event): event is CensusTaken => event.kind === 'census');
    if (censuses.length === 0) return unknown('no census was taken');
    if (required.length === 0) return unknown('no route was asked for');
    for (const census of censuses) {
      const wrong = required.map((route) => problemWith(route, census)).find((problem) => problem !== undefined);
      if (wrong) return fail(wrong, [census]);
    }
    const told = required.map(({ node, to, via }) => `${node} to ${to} via ${via}`);
    return pass(told.join('; '), censuses.slice(0, 1));
  };
});

function problemWith({ node, to, via }: RequiredRoute, { routes }: CensusTaken): string | undefined {
  const found = routes.filter((route) => route.node === node && route.to === to);
  if (found.length === 1 && found[0]?.via === via) return undefined;
  const told = found.map((route) => route.via ?? 'no next hop').join(', ');
  return `${node} must have one route to ${to}, via ${via}; it has ${told || 'none'}`;
}
