import { checker } from './claim.ts';
import { fitting, type PacketPattern } from './packet-pattern.ts';
import { eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { pass, unknown } from './verdict.ts';

const FIRSTS: PacketPattern = { flags: ['syn'] };

/**
 * A flood bit: first packets of so many different connections at least, from so many addresses, came to the port for the
 * cluster, so many a second; or packets of another kind, by the flows or the datagrams that they belong to. Never fails,
 * because it is the flood that falls short.
 * @premise
 */
export const flooded = checker(function flooded(options: {
  port: Port;
  mac: string;
  clusterAddress: string;
  connections: number;
  sources: number;
  perSecond: number;
  of?: { what: string; meant: PacketPattern };
}) {
  const { port, mac, clusterAddress, connections, sources, perSecond, of } = options;
  const { what, meant } = of ?? { what: 'connections', meant: FIRSTS };
  const isMeant = fitting(meant);
  return (during) => {
    const came = packetsOf(during, { ...port, direction: 'received' }).filter(
      (seen) => seen.ethernet.destination === mac && seen.packet.destination === clusterAddress && isMeant(seen),
    );
    const from = Map.groupBy(came, ({ packet }) => packet.source);
    const flows = new Set(came.map(({ packet }) => `${packet.source} ${packet.identification} ${portsOf(packet)}`));
    const [first, last] = [came[0], came.at(-1)];
    const seconds = first && last ? (last.event.atNs - first.event.atNs) / 1e9 : 0;
    const rate = seconds > 0 ? Math.round(came.length / seconds) : 0;
    const because = `${flows.size} ${what} from ${from.size} addresses were begun at ${portText(port)}, ${rate} a second`;
    if (flows.size < connections || from.size < sources || rate < perSecond)
      return unknown(`${because}; ${connections} from ${sources} were wanted, ${perSecond} a second`);
    return pass(because, eventsOf(came.slice(0, 2)));
  };
});

const portsOf = ({ payload }: { payload: Uint8Array }): string => payload.subarray(0, 4).join();
