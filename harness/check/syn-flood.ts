import { eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { type Checker, pass, unknown } from './verdict.ts';

/**
 * A flood bit: first packets of so many different connections at least, from so many addresses, came to the port for the
 * cluster, so many a second. Never fails, because it is the flood that falls short.
 */
export function flooded(options: {
  port: Port;
  mac: string;
  clusterAddress: string;
  connections: number;
  sources: number;
  perSecond: number;
}): Checker {
  const { port, mac, clusterAddress, connections, sources, perSecond } = options;
  return (during) => {
    const came = packetsOf(during, { ...port, direction: 'received' }).filter(
      ({ ethernet, packet: { destination, transport } }) =>
        ethernet.destination === mac &&
        destination === clusterAddress &&
        transport?.kind === 'tcp' &&
        transport.flags.join() === 'syn',
    );
    const from = Map.groupBy(came, ({ packet }) => packet.source);
    const flows = new Set(came.map(({ packet }) => `${packet.source} ${packet.payload.subarray(0, 4).join()}`));
    const [first, last] = [came[0], came.at(-1)];
    const seconds = first && last ? (last.event.atNs - first.event.atNs) / 1e9 : 0;
    const rate = seconds > 0 ? Math.round(came.length / seconds) : 0;
    const because = `${flows.size} connections from ${from.size} addresses were begun at ${portText(port)}, ${rate} a second`;
    if (flows.size < connections || from.size < sources || rate < perSecond)
      return unknown(`${because}; ${connections} from ${sources} were wanted, ${perSecond} a second`);
    return pass(because, eventsOf(came.slice(0, 2)));
  };
}
