import type { HistoryEvent } from '../history/event.ts';
import { requestsReaching } from './arp.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { longestPause, type Sender } from './pause.ts';
import { type ArpSeen, arpsOf, type Port, portText } from './seen.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

interface Leased {
  address: string;
  /** Each beat of the node that holds the address grants it so much. */
  beats: Sender;
  leaseMs: number;
  port: Port;
}

/**
 * HA-10: a node that is stalled answers no request for the address that reached it later than a lease after its last beat, which
 * left before the lease was renewed. Judged by when the request came, and not by when its answer left: so no standstill of the
 * machine makes an answer late.
 */
export const answersNotBeyondLease = checker(function answersNotBeyondLease(options: Leased) {
  const { address, beats, leaseMs, port } = options;
  return (during, all = during) => {
    const pause = longestPause(during, beats);
    if (!pause) return unknown(`${beats.node} was not seen sending twice`);
    const endNs = pause.last.atNs + leaseMs * NS_PER_MS;
    const isBeyond = ({ event }: ArpSeen) => event.atNs > endNs && event.atNs < pause.next.atNs;
    const [asked] = requestsReaching(during, port, address).filter(isBeyond);
    if (!asked) return unknown(`no request reached ${portText(port)} between the end of its lease and its waking`);
    const sights = [{ what: 'frames' as const, where: [port.lan] }];
    // What it answers once it has woken, and perhaps leads again, is no answer to what it left unanswered.
    const asleep = during.filter(({ atNs }) => atNs < pause.next.atNs);
    const wrong = answered(asleep, options).findLast(({ request }) => isBeyond(request));
    if (wrong) {
      const beyond = toMs(wrong.request.event.atNs - endNs);
      const because = `${portText(port)} answered a request that came ${beyond} after the end of its lease`;
      const evidence = [pause.last, wrong.request.event, wrong.reply.event, pause.next];
      return unlessBlind(during, all, sights, fail(because, evidence));
    }
    const first = toMs(asked.event.atNs - endNs);
    const because = `it answered none from the end of its lease on; the first came ${first} after that, and a lease longer by more would have been noticed`;
    return unlessBlind(during, all, sights, pass(because, [pause.last, asked.event, pause.next]));
  };
});

/**
 * Requests that were answered, each with its answer. Of one asker's, which all look alike, an answer is taken for that of the earliest
 * that has none yet: so a request that was lost in the node makes the verdict milder, and never harsher.
 */
function answered(events: readonly HistoryEvent[], { address, port }: Leased): { request: ArpSeen; reply: ArpSeen }[] {
  const waiting = Map.groupBy(requestsReaching(events, port, address), ({ arp }) => arp.senderMac);
  return arpsOf(events, { ...port, direction: 'sent' }).flatMap((reply) => {
    if (reply.arp.senderIp !== address) return [];
    const queue = waiting.get(reply.arp.targetMac);
    const [request] = queue ?? [];
    if (!request || request.event.atNs > reply.event.atNs) return [];
    queue?.shift();
    return [{ request, reply }];
  });
}
