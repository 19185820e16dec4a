import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type ArpSeen, arpsOf, eventsOf, framesOf, type Port, portText } from './seen.ts';
import { NS_PER_MS, spanOf, toMs } from './span.ts';
import { dueNs, isWithin, Losses } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/** Requests for an address that reached a port. Announcements ask nothing, and are left out. */
export function requestsReaching(
  events: readonly HistoryEvent[],
  port: Port,
  address: string,
  senderIp?: string,
): ArpSeen[] {
  return arpsOf(events, { ...port, direction: 'received' }).filter(
    ({ arp }) =>
      arp.operation === 'request' &&
      arp.targetIp === address &&
      arp.senderIp !== address &&
      (senderIp === undefined || arp.senderIp === senderIp),
  );
}

function repliesFor(arps: readonly ArpSeen[], address: string): ArpSeen[] {
  return arps.filter(({ arp }) => arp.operation === 'reply' && arp.senderIp === address);
}

/**
 * Whether `reply` may be the answer to `request`: to that asker, for that address, afterwards and in time, of which what the
 * machine stood still is no part.
 */
function answers(reply: ArpSeen, request: ArpSeen, withinMs: number, losses: Losses): boolean {
  const [askedNs, answeredNs] = [request.event.atNs, reply.event.atNs];
  return (
    answeredNs >= askedNs &&
    isWithin(losses, askedNs, answeredNs, withinMs) &&
    reply.arp.senderIp === request.arp.targetIp &&
    reply.arp.targetIp === request.arp.senderIp &&
    reply.arp.targetMac === request.arp.senderMac
  );
}

/**
 * ARP-1, ALIAS-2: every request for the address that reached the port was answered from it, in time, with that hardware
 * address, and nobody on the LAN answered with another. At least `atLeast` requests must have come.
 * @param options.senderIp only requests with this sender address are meant; 0.0.0.0 for probes (ARP-11)
 */
export const answersWith = checker(function answersWith(options: {
  address: string;
  port: Port;
  mac: string;
  atLeast: number;
  withinMs: number;
  senderIp?: string;
}) {
  const { address, port, mac, atLeast, withinMs, senderIp } = options;
  return (during, all = during) => {
    const replies = repliesFor(arpsOf(during, { lan: port.lan, direction: 'sent' }), address);
    const foreign = replies.find(({ arp }) => arp.senderMac !== mac);
    if (foreign) {
      return fail(`${portText(foreign.event)} answered for ${address} with ${foreign.arp.senderMac}`, [foreign.event]);
    }
    const own = replies.filter(({ event }) => event.node === port.node && event.leg === port.leg);
    const endNs = spanOf(during)?.untilNs ?? 0;
    const requests = requestsReaching(during, port, address, senderIp);
    const losses = new Losses(all);
    const isAnswered = (request: ArpSeen): boolean => own.some((reply) => answers(reply, request, withinMs, losses));
    const unanswered = requests.filter((request) => !isAnswered(request));
    const overdue = unanswered.find(({ event }) => dueNs(losses, event.atNs, withinMs) <= endNs);
    const sights = [{ what: 'frames' as const, where: [port.lan] }];
    if (overdue) {
      const because = `${portText(port)} did not answer a request for ${address} within ${withinMs} ms`;
      return unlessBlind(during, all, sights, fail(because, [overdue.event]));
    }
    const answered = requests.length - unanswered.length;
    if (answered < atLeast) return unknown(`${answered} requests for ${address} were answered; ${atLeast} were wanted`);
    const because = `${answered} requests for ${address} were answered with ${mac}`;
    return unlessBlind(during, all, sights, pass(because, eventsOf([...requests.slice(0, 1), ...own.slice(0, 1)])));
  };
});

/** Who is asked throughout a time is asked at least so often in it. */
const FEWEST_TIMES = 5;

/** Whether requests came throughout so long a time. */
export const isAskedThroughout = (requests: readonly ArpSeen[], forMs: number): boolean =>
  askedThroughoutNs(requests, pauseNs(forMs)) >= forMs * NS_PER_MS;

const pauseNs = (forMs: number): number => (forMs * NS_PER_MS) / FEWEST_TIMES;

/** The longest time throughout which requests came, none of them more than that pause after the one before. */
function askedThroughoutNs(requests: readonly ArpSeen[], longestPauseNs: number): number {
  let longestNs = 0;
  let [fromNs, lastNs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { event } of requests) {
    if (event.atNs - lastNs > longestPauseNs) fromNs = event.atNs;
    lastNs = event.atNs;
    longestNs = Math.max(longestNs, lastNs - fromNs);
  }
  return longestNs;
}

/**
 * ARP-2, ARP-6: the port sent no answer for the address, though at least `atLeast` requests for it, from at least `askers`
 * senders (one, when absent), reached it throughout a time of `forMs`: whoever answers later than an ordinary asker would wait
 * is found out too.
 * @param options.senderIp as for answersWith
 * @notices an answer as late as `forMs`
 */
export const noAnswerFrom = checker(function noAnswerFrom(options: {
  address: string;
  port: Port;
  forMs: number;
  atLeast: number;
  askers?: number;
  senderIp?: string;
}) {
  const { address, port, forMs, atLeast, askers = 1, senderIp } = options;
  return (during, all = during) => {
    const [answer] = repliesFor(arpsOf(during, { ...port, direction: 'sent' }), address);
    if (answer) return fail(`${portText(port)} answered for ${address}`, [answer.event]);
    const requests = requestsReaching(during, port, address, senderIp);
    const senders = new Set(requests.map(({ arp }) => arp.senderMac)).size;
    const askedNs = askedThroughoutNs(requests, pauseNs(forMs));
    const told = `${requests.length} requests for ${address} from ${senders} senders reached ${portText(port)}`;
    const asked = `${told}, for ${toMs(askedNs)} without a pause`;
    if (requests.length < atLeast || senders < askers) return unknown(`${asked}; too few to tell`, eventsOf(requests));
    if (askedNs < forMs * NS_PER_MS)
      return unknown(`${asked}; ${forMs} ms were wanted`, eventsOf(requests).slice(0, 3));
    const silent = pass(`${asked}, and it answered none`, eventsOf(requests).slice(0, 3));
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], silent);
  };
});

/** ARP-5, ARP-7: none of the ports, each of which sent something, sent an ARP packet with such a sender address. */
export const neverSendsFor = checker(function neverSendsFor(options: { addresses: string[]; ports: Port[] }) {
  const { addresses, ports } = options;
  return (during, all = during) => {
    const sent = ports.flatMap((port) => arpsOf(during, { ...port, direction: 'sent' }));
    const astray = sent.find(({ arp }) => addresses.includes(arp.senderIp));
    if (astray) return fail(`${portText(astray.event)} sent ARP from ${astray.arp.senderIp}`, [astray.event]);
    const mute = ports.find((port) => framesOf(during, { ...port, direction: 'sent' }).length === 0);
    if (mute) return unknown(`${portText(mute)} was not seen sending anything`);
    if (sent.length === 0) return unknown('no ARP at all was sent from these ports');
    const because = `${sent.length} ARP packets, none from ${addresses.join(', ')}`;
    const where = ports.map(({ lan }) => lan);
    return unlessBlind(during, all, [{ what: 'frames', where }], pass(because, eventsOf(sent.slice(0, 3))));
  };
});

/**
 * ARP-10: every reply from the ports follows a request that asked for it, each request one reply, and goes to the asker
 * alone, with sender and target swapped.
 */
export const repliesWellFormed = checker(function repliesWellFormed(options: { ports: Port[]; withinMs: number }) {
  const { ports, withinMs } = options;
  return (during, all = during) => {
    const sights = [{ what: 'frames' as const, where: ports.map(({ lan }) => lan) }];
    const losses = new Losses(all);
    const shown: ArpSeen[] = [];
    for (const port of ports) {
      const open = arpsOf(during, { ...port, direction: 'received' }).filter(({ arp }) => arp.operation === 'request');
      for (const reply of arpsOf(during, { ...port, direction: 'sent' })) {
        if (reply.arp.operation !== 'reply') continue;
        const asked = open.findIndex((request) => answers(reply, request, withinMs, losses));
        const problem = asked < 0 ? 'nobody asked for it' : addressing(reply);
        if (problem) {
          const verdict = fail(`a reply from ${portText(port)}: ${problem}`, [reply.event]);
          // A request may have been missed; a badly addressed reply is what it is.
          return asked < 0 ? unlessBlind(during, all, sights, verdict) : verdict;
        }
        shown.push(...open.splice(asked, 1), reply);
      }
    }
    if (shown.length === 0) return unknown('no ARP reply was sent from these ports');
    const verdict = pass(`${shown.length / 2} replies, each to the one who asked`, eventsOf(shown.slice(0, 2)));
    return unlessBlind(during, all, sights, verdict);
  };
});

/** What is wrong with the hardware addresses of a reply, if anything is. */
function addressing({ ethernet, arp }: ArpSeen): string | undefined {
  if (ethernet.destination !== arp.targetMac)
    return `sent to ${ethernet.destination}, not to the asker ${arp.targetMac}`;
  if (ethernet.source !== arp.senderMac) return `sent from ${ethernet.source}, though it says ${arp.senderMac}`;
  return undefined;
}
