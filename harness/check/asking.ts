import { BROADCAST_MAC } from '../capture/address-text.ts';
import type { FrameSeen, HistoryEvent } from '../history/event.ts';
import { requestsReaching } from './arp.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { datagramsOf } from './datagrams.ts';
import { type ArpSeen, arpsOf, eventsOf, type Port, portText } from './seen.ts';
import { type ActFilter, actText, findAct, NS_PER_MS, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/** Requests for the address that the port sent, to everybody or to one station. An announcement asks nothing. */
function questionsOf(events: readonly HistoryEvent[], port: Port, address: string): ArpSeen[] {
  return arpsOf(events, { ...port, direction: 'sent' }).filter(
    ({ arp }) => arp.operation === 'request' && arp.targetIp === address && arp.senderIp !== address,
  );
}

/** HA-11: the port asked for the address by ARP, at least so often. */
export const asks = checker(function asks(options: { address: string; port: Port; atLeast: number }) {
  const { address, port, atLeast } = options;
  return (during, all = during) => {
    const questions = questionsOf(during, port, address);
    const because = `${portText(port)} asked ${questions.length} times for ${address}`;
    if (questions.length >= atLeast) return pass(because, eventsOf(questions.slice(0, 2)));
    const few = fail(`${because}; ${atLeast} were wanted`, eventsOf(questions));
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], few);
  };
});

/** Where a node's heartbeats come in, and after how long without one it may be asking around. */
export interface Hearing {
  ports: Port[];
  beatPort: number;
  silentMs: number;
}

/** A beat that is read as late as this after it came is no news of a question that was asked meanwhile. */
const READING_MS = 5;

/** The heartbeat that the node had just heard when it asked, if there is one. */
function heardBefore(beats: readonly FrameSeen[], silentMs: number, { event }: ArpSeen): FrameSeen | undefined {
  return beats.find(({ atNs }) => {
    const ageMs = (event.atNs - atNs) / NS_PER_MS;
    return ageMs > READING_MS && ageMs < silentMs;
  });
}

const beatsOf = (events: readonly HistoryEvent[], { ports, beatPort }: Hearing): FrameSeen[] =>
  ports.flatMap((port) => datagramsOf(events, { ...port, direction: 'received' }, beatPort));

/**
 * HA-11: the port asks everybody for the address only while its node hears nothing (its peer alone it may ask at any time,
 * whether it is there): never when a heartbeat has come to one of the node's
 * ports in the last so many milliseconds. At least so many heartbeats must have come.
 */
export const asksOnlyInSilence = checker(function asksOnlyInSilence(
  options: { address: string; port: Port; atLeast: number } & Hearing,
) {
  const { address, port, ports, silentMs, atLeast } = options;
  return (during, all = during) => {
    const beats = beatsOf(during, options);
    const questions = questionsOf(during, port, address).filter(
      ({ ethernet }) => ethernet.destination === BROADCAST_MAC,
    );
    const needless = questions.find((question) => heardBefore(beats, silentMs, question));
    const because = `${beats.length} heartbeats came to ${port.node}, and it asked ${questions.length} times for ${address}`;
    if (needless) {
      const heard = heardBefore(beats, silentMs, needless);
      return fail(`${because}: once though it had just heard one`, [...(heard ? [heard] : []), needless.event]);
    }
    if (beats.length < atLeast) return unknown(`${because}; ${atLeast} were wanted`);
    const verdict = pass(`${because}, never when it had just heard one`, beats.slice(0, 1));
    return unlessBlind(during, all, [{ what: 'frames', where: [port, ...ports].map(({ lan }) => lan) }], verdict);
  };
});

/**
 * A claim about answers means something only where questions were asked: at least so many requests for the address reached each
 * of the ports. Never fails, because it is the asker who falls short.
 * @premise
 */
export const asked = checker(function asked(options: { address: string; ports: Port[]; atLeast: number }) {
  const { address, ports, atLeast } = options;
  return (during, all = during) => {
    const reached = ports.map((port) => ({ port, requests: requestsReaching(during, port, address) }));
    const because = reached
      .map(({ port, requests }) => `${requests.length} requests reached ${portText(port)}`)
      .join(', ');
    const few = reached.find(({ requests }) => requests.length < atLeast);
    if (few || ports.length === 0) return unknown(`${because}; ${atLeast} were wanted`, eventsOf(few?.requests ?? []));
    const evidence = reached.flatMap(({ requests }) => eventsOf(requests.slice(0, 1)));
    return unlessBlind(during, all, [{ what: 'frames', where: ports.map(({ lan }) => lan) }], pass(because, evidence));
  };
});

/** A kernel counts the time to the next question in ticks, of ten milliseconds at most, and the tick may have begun before. */
const TICK_MS = 10;

/**
 * ARP-16: after the act the port asked for the address again and again, and never twice within `everyMs` (RFC 1122 section
 * 2.3.2.1); at least so often. Until it was answered: a later question is another matter. Where `whileHeard` is stated, so are
 * questions of a node that had heard no heartbeat for so long: it asks as fast as it can whether it is to take over.
 * @notices a question 10 ms too early, the tick of a kernel’s timers
 */
export const asksAtMostEvery = checker(function asksAtMostEvery(options: {
  address: string;
  port: Port;
  everyMs: number;
  after: ActFilter;
  atLeast: number;
  whileHeard?: Hearing;
}) {
  const { address, port, everyMs, after, atLeast, whileHeard } = options;
  return (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const sinceNs = act.untilNs ?? act.atNs;
    const answer = arpsOf(during, { ...port, direction: 'received' }).find(
      ({ event, arp }) => event.atNs > sinceNs && arp.operation === 'reply' && arp.senderIp === address,
    );
    const untilNs = answer?.event.atNs ?? Number.POSITIVE_INFINITY;
    const beats = whileHeard ? beatsOf(during, whileHeard) : [];
    const questions = questionsOf(during, port, address).filter(
      (question) =>
        question.event.atNs > sinceNs &&
        question.event.atNs < untilNs &&
        (!whileHeard || heardBefore(beats, whileHeard.silentMs, question)),
    );
    const instants = questions.map(({ event }) => event.atNs);
    const shortest = Math.min(...instants.slice(1).map((atNs, index) => atNs - (instants[index] ?? atNs)));
    const because = `${portText(port)} asked ${questions.length} times for ${address}`;
    const evidence = [act, ...eventsOf(questions)];
    if (shortest < (everyMs - TICK_MS) * NS_PER_MS)
      return fail(`${because}, two of them within ${toMs(shortest)}`, evidence);
    if (questions.length < Math.max(2, atLeast)) return unknown(`${because}; ${atLeast} were wanted`, evidence);
    const rare = pass(`${because}, no two in less than ${toMs(shortest)}`, evidence);
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], rare);
  };
});
