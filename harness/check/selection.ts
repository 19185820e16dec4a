import type { HistoryEvent, ProbeEnded, RequestServed } from '../history/event.ts';
import { checker } from './claim.ts';
import { lossFoundText } from './power.ts';
import { fail, pass, unknown } from './verdict.ts';

/** One flow as a server sees it: `client` is address and port. */
function servedFlows(events: readonly HistoryEvent[], target: string): RequestServed[][] {
  const served = events.filter((event): event is RequestServed => event.kind === 'served' && event.target === target);
  return [...Map.groupBy(served, ({ protocol, client }) => `${protocol} ${client}`).values()];
}

/** FWD-4: by the servers' own records, each of at least so many flows to `target` was accepted by one server alone. */
export const acceptedByOne = checker(function acceptedByOne(options: {
  target: string;
  servers: string[];
  atLeast: number;
}) {
  const { target, servers, atLeast } = options;
  return (during) => {
    const flows = servedFlows(during, target);
    const shared = flows.find((flow) => new Set(flow.map(({ node }) => node)).size > 1);
    if (shared) return fail(`${shared[0]?.client} was served by several: ${namesOf(shared)}`, shared);
    const foreign = flows.flat().find(({ node }) => !servers.includes(node));
    if (foreign) return fail(`${foreign.node}, which is no server, served ${foreign.client}`, [foreign]);
    if (flows.length < atLeast) return unknown(`${flows.length} flows were served; ${atLeast} were wanted`);
    return pass(`each of ${flows.length} flows was accepted by one server`, flows.slice(0, 3).flat());
  };
});

function namesOf(flow: readonly RequestServed[]): string {
  return [...new Set(flow.map(({ node }) => node))].sort().join(', ');
}

function answeredFlows(events: readonly HistoryEvent[]): Map<string, ProbeEnded[]> {
  const answered = events.filter(
    (event): event is ProbeEnded =>
      event.kind === 'probe' && event.outcome === 'answered' && event.server !== undefined,
  );
  return Map.groupBy(answered, ({ node, flow }) => `${node} ${flow}`);
}

/** FWD-5: by the servers' names in the answers, each of at least so many flows of two or more probes kept to one server. */
export const oneServerPerFlow = checker(function oneServerPerFlow(options: { atLeast: number }) {
  return (during) => {
    const flows = [...answeredFlows(during).values()];
    for (const flow of flows) {
      const [first] = flow;
      const other = flow.find(({ server }) => server !== first?.server);
      if (first && other)
        return fail(`flow ${first.flow} went from ${first.server} to ${other.server}`, [first, other]);
    }
    const long = flows.filter((flow) => flow.length > 1);
    if (long.length < options.atLeast) {
      return unknown(`${long.length} flows had several answers; ${options.atLeast} were wanted`);
    }
    return pass(
      `each of ${long.length} flows kept to one server; one that does not, ${lossFoundText(long.length)}`,
      long.slice(0, 3).flatMap((flow) => flow.slice(0, 2)),
    );
  };
});
