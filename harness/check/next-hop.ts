import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { fitting, type PacketPattern } from './packet-pattern.ts';
import { eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * ROUTE-1, ROUTE-2: every packet that is meant and that the port sent, at least so many, went to that hardware address: the
 * station by which its route leads, whatever its tables say.
 * @param options.what the packets in words: `packets for the cluster`
 */
export const goesTo = checker(function goesTo(options: {
  port: Port;
  what: string;
  meant: PacketPattern;
  mac: string;
  atLeast: number;
}) {
  const { port, what, meant, mac, atLeast } = options;
  return (during, all = during) => {
    const sent = packetsOf(during, { ...port, direction: 'sent' }).filter(fitting(meant));
    const astray = sent.find(({ ethernet }) => ethernet.destination !== mac);
    if (astray)
      return fail(`${portText(port)} sent one of the ${what} to ${astray.ethernet.destination}`, [astray.event]);
    const because = `${portText(port)} sent ${sent.length} ${what} to ${mac}`;
    if (sent.length < atLeast) return unknown(`${because}; ${atLeast} were wanted`, eventsOf(sent));
    const there = pass(`${because}, and none elsewhere`, eventsOf(sent.slice(0, 3)));
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], there);
  };
});
