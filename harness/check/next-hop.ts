import { unlessBlind } from './coverage.ts';
import type { Meant } from './forwarding.ts';
import { eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { type Checker, fail, pass, unknown } from './verdict.ts';

/**
 * ROUTE-1, ROUTE-2: every packet that is meant and that the port sent, at least so many, went to that hardware address: the
 * station by which its route leads, whatever its tables say.
 * @param options.what the packets in words: `packets for the cluster`
 */
export function goesTo(options: { port: Port; what: string; meant: Meant; mac: string; atLeast: number }): Checker {
  const { port, what, meant, mac, atLeast } = options;
  return (during, all = during) => {
    const sent = packetsOf(during, { ...port, direction: 'sent' }).filter(meant);
    const astray = sent.find(({ ethernet }) => ethernet.destination !== mac);
    if (astray)
      return fail(`${portText(port)} sent one of the ${what} to ${astray.ethernet.destination}`, [astray.event]);
    const because = `${portText(port)} sent ${sent.length} ${what} to ${mac}`;
    if (sent.length < atLeast) return unknown(`${because}; ${atLeast} were wanted`, eventsOf(sent));
    const there = pass(`${because}, and none elsewhere`, eventsOf(sent.slice(0, 3)));
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], there);
  };
}
