import type { ProbeEnded } from '../history/event.ts';
import { checker } from './claim.ts';
import { probesOf } from './probes.ts';
import { type ActFilter, actText, findAct } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * FWD-13: each connection that a server answered before an act has ended since, and by a reset, which tells the client at
 * once; none ended in silence, and none was answered by another server. At least so many.
 */
export const flowsToldByReset = checker(function flowsToldByReset(options: {
  server: string;
  after: ActFilter;
  atLeast: number;
}) {
  const { server, after, atLeast } = options;
  return (during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const flows = [
      ...Map.groupBy(probesOf(during, { protocol: 'tcp' }), ({ node, flow }) => `${node} ${flow}`).values(),
    ];
    const own = flows.filter(([first]) => first?.server === server && first.atNs < act.atNs);
    const astray = own.find((flow) => !wasReset(flow));
    if (astray) return fail(`${astray[0]?.flow} ${fateOf(astray)}, and was not reset`, [act, ...astray.slice(-1)]);
    if (own.length < atLeast) return unknown(`${own.length} flows were at ${server}; ${atLeast} were wanted`, [act]);
    return pass(`each of ${own.length} flows at ${server} was reset`, [act, ...own.slice(0, 3).flatMap(lastOf)]);
  };
});

/** Whatever has not been answered by then ends as the connection does. */
const wasReset = (flow: readonly ProbeEnded[]): boolean =>
  lastOf(flow).every(({ outcome }) => outcome === 'reset') &&
  flow.every((probe) => ['answered', 'reset'].includes(probe.outcome) && isOf(flow[0]?.server, probe));

const isOf = (server: string | undefined, probe: ProbeEnded): boolean =>
  probe.outcome !== 'answered' || probe.server === server;

const lastOf = (flow: readonly ProbeEnded[]): ProbeEnded[] => flow.slice(-1);

function fateOf(flow: readonly ProbeEnded[]): string {
  const other = flow.find((probe) => !isOf(flow[0]?.server, probe));
  return other ? `went to ${other.server}` : `ended ${lastOf(flow)[0]?.outcome}`;
}
