import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type Path, passage } from './forwarding.ts';
import { fitting } from './packet-pattern.ts';
import type { PacketSeen } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/** An ICMP error (RFC 792), as far as it is told from others: `time exceeded` is type 11, code 0. */
export interface ErrorKind {
  name: string;
  type: number;
  code: number;
}

/** The server of each flow, by its own word in the answers: `6 198.51.100.10:40123 > 203.0.113.10:7`. */
function serversByFlow(events: readonly HistoryEvent[]): Map<string, string> {
  const known = new Map<string, string>();
  for (const event of events) {
    if (event.kind !== 'probe' || event.server === undefined) continue;
    const [, ...ends] = event.flow.split(' ');
    known.set(`${event.protocol === 'udp' ? 17 : 6} ${ends.join(' ')}`, event.server);
  }
  return known;
}

/** The flow that the quoted packet answers, as `serversByFlow` names it. */
function flowOf({ packet: { transport } }: PacketSeen): string {
  const quoted = transport?.kind === 'icmp' ? transport.quoted : undefined;
  if (!quoted) return 'none';
  const [from, to] = [0, 2].map((at) => ((quoted.payload[at] ?? 0) << 8) | (quoted.payload[at + 1] ?? 0));
  return `${quoted.protocol} ${quoted.destination}:${to} > ${quoted.source}:${from}`;
}

const isKind = ({ packet: { transport } }: PacketSeen, { type, code }: ErrorKind): boolean =>
  transport?.kind === 'icmp' && transport.type === type && transport.code === code;

/**
 * FWD-7: every ICMP error that was forwarded went to the hardware address of the server that answers the flow which it quotes;
 * so many of each kind at least, and about flows of each of the servers named. What was not forwarded is for `passesUnchanged`.
 * @param options.serverMacs hardware addresses by the servers' names
 */
export const errorsReachTheirServer = checker(function errorsReachTheirServer(options: {
  path: Path;
  clusterAddress: string;
  serverMacs: Record<string, string>;
  kinds: ErrorKind[];
  servers: string[];
  atLeast: number;
}) {
  const { path, clusterAddress, serverMacs, kinds, servers, atLeast } = options;
  return (during, all = during) => {
    const known = serversByFlow(all);
    const judged = passage(during, path, fitting({ errorAbout: clusterAddress })).pairs.flatMap(([came, left]) => {
      const server = known.get(flowOf(came));
      return server === undefined ? [] : [{ came, left, server }];
    });
    const astray = judged.find(({ left, server }) => left.ethernet.destination !== serverMacs[server]);
    if (astray) {
      const because = `an error about a flow of ${astray.server} was sent to ${astray.left.ethernet.destination}`;
      return fail(because, [astray.came.event, astray.left.event]);
    }
    const counts = kinds.map((kind) => ({ ...kind, count: judged.filter(({ came }) => isKind(came, kind)).length }));
    const reached = new Set(judged.map(({ server }) => server));
    const words = counts.map(({ name, count }) => `${name} (${count})`).join(', ');
    const because = `errors about flows of ${[...reached].sort().join(', ') || 'no server'}: ${words}`;
    const evidence = judged.slice(0, 3).flatMap(({ came, left }) => [came.event, left.event]);
    if (counts.some(({ count }) => count < atLeast)) return unknown(`${because}; ${atLeast} of each were wanted`);
    const spared = servers.find((server) => !reached.has(server));
    if (spared) return unknown(`${because}; none was about a flow of ${spared}`, evidence);
    const sights = [{ what: 'frames' as const, where: [path.access.lan, path.server.lan] }];
    return unlessBlind(during, all, sights, pass(because, evidence));
  };
});
