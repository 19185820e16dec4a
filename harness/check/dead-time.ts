import type { HistoryEvent } from '../history/event.ts';
import { announcementsFrom } from './announcement.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { datagramsOf } from './datagrams.ts';
import { decoded, eventsOf, framesOf, type PacketSeen, type Port, packetsOf, portText } from './seen.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/** RFC 792: nobody listens at that port. */
const isRefusal = ({ packet: { transport } }: PacketSeen): boolean =>
  transport?.kind === 'icmp' && transport.type === 3 && transport.code === 3;

/** A host that has not spoken for so long does not answer the questions by which a refusal would be confirmed. */
const ABSENT_MS = 50;

/**
 * HA-21: a node that is told all the time, at least `atLeast` times, that nobody listens at its silent peer, whose host does not
 * answer either, announces the address no sooner than so long after the last beat that reached it. The frame comes before the
 * daemon reads it: so no delay makes a takeover too early.
 */
export const waitsOutDeadTime = checker(function waitsOutDeadTime(options: {
  address: string;
  port: Port;
  /** Hardware addresses of the peer. */
  peerMacs: string[];
  beatPort: number;
  deadMs: number;
  atLeast: number;
}) {
  const { address, port, peerMacs, beatPort, deadMs, atLeast } = options;
  return (during, all = during) => {
    const [announced] = announcementsFrom(during, port, address);
    if (!announced) return unknown(`${portText(port)} announced nothing`);
    const before = during.filter(({ atNs }) => atNs < announced.event.atNs);
    // Power may be lost before the next beat of a test that has just begun.
    const sofar = all.filter(({ atNs }) => atNs < announced.event.atNs);
    const last = datagramsOf(sofar, { node: port.node, direction: 'received' }, beatPort).at(-1);
    if (!last) return unknown(`no beat reached ${port.node}`);
    const lies = refusalsTo(before, port.node).filter(({ event }) => event.atNs > last.atNs);
    const waitedNs = announced.event.atNs - last.atNs;
    const because = `${port.node} announced ${address} ${toMs(waitedNs)} after the last beat, and ${lies.length} refusals since`;
    const evidence = [last, ...eventsOf(lies.slice(0, 2)), announced.event];
    const ofPeer = framesOf(before, { node: port.node, direction: 'received' }).filter((event) =>
      peerMacs.includes(decoded(event).ethernet?.source ?? ''),
    );
    const [spoke] = ofPeer.filter(({ atNs }) => atNs > announced.event.atNs - ABSENT_MS * NS_PER_MS);
    if (spoke)
      return unknown(`its peer’s host spoke in the last ${ABSENT_MS} ms before ${because}`, [spoke, ...evidence]);
    if (lies.length < atLeast) return unknown(`${because}; ${atLeast} were wanted`, evidence);
    if (waitedNs < deadMs * NS_PER_MS) return fail(`${because}; its dead time is ${deadMs} ms`, evidence);
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], pass(because, evidence));
  };
});

const refusalsTo = (events: readonly HistoryEvent[], node: string): PacketSeen[] =>
  packetsOf(events, { node, direction: 'received' }).filter(isRefusal);
