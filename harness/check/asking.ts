import type { HistoryEvent } from '../history/event.ts';
import { requestsReaching } from './arp.ts';
import { unlessBlind } from './coverage.ts';
import { type ArpSeen, arpsOf, eventsOf, framesOf, type Port, portText } from './seen.ts';
import { type Checker, fail, pass, unknown } from './verdict.ts';

/** Requests for the address that the port sent. An announcement asks nothing. */
function questionsOf(events: readonly HistoryEvent[], port: Port, address: string): ArpSeen[] {
  return arpsOf(events, { ...port, direction: 'sent' }).filter(
    ({ arp }) => arp.operation === 'request' && arp.targetIp === address && arp.senderIp !== address,
  );
}

/** HA-11: the port asked for the address by ARP, at least so often. */
export function asks(options: { address: string; port: Port; atLeast: number }): Checker {
  const { address, port, atLeast } = options;
  return (during, all = during) => {
    const questions = questionsOf(during, port, address);
    const because = `${portText(port)} asked ${questions.length} times for ${address}`;
    if (questions.length >= atLeast) return pass(because, eventsOf(questions.slice(0, 2)));
    const few = fail(`${because}; ${atLeast} were wanted`, eventsOf(questions));
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], few);
  };
}

/** HA-11: the port, which sent something, asked for the address not once. */
export function neverAsks(options: { address: string; port: Port }): Checker {
  const { address, port } = options;
  return (during, all = during) => {
    const [question] = questionsOf(during, port, address);
    if (question) return fail(`${portText(port)} asked for ${address}`, [question.event]);
    const sent = framesOf(during, { ...port, direction: 'sent' });
    if (sent.length === 0) return unknown(`${portText(port)} was not seen sending anything`);
    const never = pass(
      `${portText(port)} sent ${sent.length} frames, and asked for ${address} in none`,
      sent.slice(0, 1),
    );
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], never);
  };
}

/**
 * A claim about answers means something only where questions were asked: at least so many requests for the address reached each
 * of the ports. Never fails, because it is the asker who falls short.
 */
export function asked(options: { address: string; ports: Port[]; atLeast: number }): Checker {
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
}
