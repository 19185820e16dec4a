import type { FrameSeen, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { decoded, eventsOf, type FrameFilter, type Port, packetsOf, portText } from './seen.ts';
import { type ActFilter, actText, findAct } from './span.ts';
import { pass, unknown } from './verdict.ts';

/** Frames that carry a datagram for a port of UDP, or for VRRP, which has no ports, in order of time. */
export function datagramsOf(events: readonly HistoryEvent[], filter: FrameFilter, port: number | 'vrrp'): FrameSeen[] {
  const packets = packetsOf(events, filter).filter(({ packet: { transport } }) =>
    port === 'vrrp' ? transport?.kind === 'vrrp' : transport?.kind === 'udp' && transport.destinationPort === port,
  );
  return eventsOf(packets).toSorted((one, other) => one.atNs - other.atNs);
}

/**
 * A fault of the network bit: one node sent at least so many datagrams into the LAN, and none for that port came out of it to
 * the other. Where some did, nothing is proved; nothing is wrong with the nodes either.
 * @premise
 */
export const datagramsStopped = checker(function datagramsStopped(options: {
  from: string;
  to: Port;
  port: number | 'vrrp';
  atLeast: number;
}) {
  const { from, to, port, atLeast } = options;
  return (during, all = during) => {
    const sent = datagramsOf(during, { lan: to.lan, node: from, direction: 'sent' }, port);
    const came = datagramsOf(during, { ...to, direction: 'received' }, port);
    const because = `${from} sent ${sent.length} datagrams, of which ${came.length} came to ${portText(to)}`;
    if (came.length > 0) return unknown(`${because}: they were not stopped`, came);
    if (sent.length < atLeast) return unknown(`${because}; ${atLeast} were to be sent`, sent);
    return unlessBlind(during, all, [{ what: 'frames', where: [to.lan] }], pass(because, sent.slice(0, 2)));
  };
});

/**
 * A fault of the network bit: after the act at least so many datagrams of somebody came to the port.
 * @premise
 */
export const datagramsFrom = checker(function datagramsFrom(options: {
  to: Port;
  /** Hardware address of the sender. */
  source: string;
  port: number;
  after: ActFilter;
  atLeast: number;
}) {
  const { to, source, port, after, atLeast } = options;
  return (during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const came = datagramsOf(during, { ...to, direction: 'received' }, port).filter(
      (event) => event.atNs >= act.atNs && decoded(event).ethernet?.source === source,
    );
    const because = `${came.length} datagrams of ${source} came to ${portText(to)} after ${actText(after)}`;
    return came.length < atLeast
      ? unknown(`${because}; ${atLeast} were wanted`, came)
      : pass(because, came.slice(0, 2));
  };
});
