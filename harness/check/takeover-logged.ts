import type { AddressChanged, HistoryEvent } from '../history/event.ts';
import { announcementsFrom } from './announcement.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { datagramsOf } from './datagrams.ts';
import { type EventLine, eventLines, fieldAt, type Reading } from './event-lines.ts';
import { bare } from './networks.ts';
import { arpsOf, eventsOf, type Port } from './seen.ts';
import { type ActFilter, actText, findAct, NS_PER_MS, toMs } from './span.ts';
import { isWithin } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/** A regular expression, as plain data. */
export interface TextPattern {
  pattern: string;
  flags: string;
}

export const textLike = ({ source, flags }: RegExp): TextPattern => ({ pattern: source, flags });

interface Logged extends Reading {
  /** What was done; the first change to the state after its beginning is meant. */
  after: ActFilter;
  state: string;
}

/** The change of state that the act led to, by the log. */
function changeAfter(
  during: readonly HistoryEvent[],
  { after, state, ...reading }: Logged,
): { act?: HistoryEvent; change?: EventLine } {
  const act = findAct(during, after);
  const change = eventLines(during, reading, 'state').find(
    ({ event, fields }) => act !== undefined && event.atNs >= act.atNs && fields.state === state,
  );
  return { ...(act && { act }), ...(change && { change }) };
}

/** HA-16: the change of state that an act led to is in the log, and names its cause: the reason fits, and so does the evidence. */
export const causeLogged = checker(function causeLogged(
  options: Logged & { reason: TextPattern; evidence: Record<string, unknown> },
) {
  const { node, state, after, reason, evidence } = options;
  return (during) => {
    const { act, change } = changeAfter(during, options);
    if (!act) return unknown(`${actText(after)} was not done`);
    if (!change) return fail(`${node} logged no change to ${state} after ${actText(after)}`, [act]);
    const said = String(change.fields.reason);
    const wanted = new RegExp(reason.pattern, reason.flags);
    if (!wanted.test(said)) return fail(`the reason is "${said}", and not like ${wanted}`, [act, change.event]);
    for (const [place, expected] of Object.entries(evidence)) {
      const found = JSON.stringify(fieldAt(change, place));
      if (found !== JSON.stringify(expected))
        return fail(`${place} is ${found}, and not ${JSON.stringify(expected)}`, [act, change.event]);
    }
    return pass(`"${said}", with ${JSON.stringify(evidence)}`, [act, change.event]);
  };
});

/**
 * HA-16: the log's instant of a takeover is that of its packets: the address event and the first announcement come with it,
 * within so many milliseconds.
 */
export const instantLogged = checker(function instantLogged(
  options: Omit<Logged, 'state'> & { address: string; port: Port; withinMs: number },
) {
  const { node, after, address, port, withinMs } = options;
  return (during, all = during) => {
    const { act, change } = changeAfter(during, { ...options, state: 'active' });
    if (!act) return unknown(`${actText(after)} was not done`);
    const added = during.find(
      (event): event is AddressChanged =>
        event.kind === 'address' &&
        event.atNs >= act.atNs &&
        event.node === node &&
        event.change === 'added' &&
        bare(event.address) === address,
    );
    const announced = announcementsFrom(during, port, address).find(({ event }) => event.atNs >= act.atNs)?.event;
    if (!added || !announced) return unknown(`${node} was not seen to take ${address} after ${actText(after)}`, [act]);
    if (!change) return fail(`${node} took ${address} and logged nothing of it`, [act, added, announced]);
    const apartNs = [added, announced].map(({ atNs }) => atNs - change.event.atNs);
    const [addedNs = 0, announcedNs = 0] = apartNs;
    const because = `the address event came ${toMs(addedNs)} after the instant in the log, the announcement ${toMs(announcedNs)}`;
    const agrees = [added, announced].every(({ atNs }) =>
      isWithin(all, Math.min(atNs, change.event.atNs), Math.max(atNs, change.event.atNs), withinMs),
    );
    const verdict = (agrees ? pass : fail)(because, [act, change.event, added, announced]);
    return unlessBlind(during, all, [{ what: 'addresses', where: [node] }], verdict);
  };
});

/**
 * HA-16: what a takeover cost, as the log tells it, is what the packets tell: the time since the last that reached this node
 * of the one before as the holder: its beats, and its answers for the address.
 */
export const costLogged = checker(function costLogged(
  options: Omit<Logged, 'state'> & { address: string; ports: Port[]; beatPort: number; withinMs: number },
) {
  const { node, after, ports, withinMs } = options;
  return (during, all = during) => {
    const { act, change } = changeAfter(during, { ...options, state: 'active' });
    if (!act) return unknown(`${actText(after)} was not done`);
    if (!change) return fail(`${node} logged no takeover after ${actText(after)}`, [act]);
    const proofs = proofsOfHolder(during, options).filter(({ atNs }) => atNs <= change.event.atNs);
    const last = proofs.at(-1);
    if (!last) return unknown(`nothing that showed a holder came to ${node}`, [act, change.event]);
    const seenMs = (change.event.atNs - last.atNs) / NS_PER_MS;
    const said = fieldAt(change, 'lost.withoutHolderMs');
    const because = `the log says that nobody was known to hold the address for ${said} ms, the packets ${seenMs.toFixed(3)} ms`;
    const agrees = typeof said === 'number' && Math.abs(said - seenMs) <= withinMs;
    const verdict = (agrees ? pass : fail)(because, [act, last, change.event]);
    return unlessBlind(during, all, [{ what: 'frames', where: ports.map(({ lan }) => lan) }], verdict);
  };
});

/** In order of time. Beats that came to these ports, and ARP packets that name the address as their sender's. */
function proofsOfHolder(
  during: readonly HistoryEvent[],
  { address, ports, beatPort }: { address: string; ports: Port[]; beatPort: number },
): HistoryEvent[] {
  const proofs = ports.flatMap((port) => {
    const received = { ...port, direction: 'received' as const };
    const claims = arpsOf(during, received).filter(({ arp }) => arp.senderIp === address);
    return [...datagramsOf(during, received, beatPort), ...eventsOf(claims)];
  });
  return proofs.toSorted((one, other) => one.atNs - other.atNs);
}

/**
 * HA-16: a node that lost its lease because it stalled says for how long the lease had been over when it woke: as long as it
 * was silent on the wire, but for the lease of its last beat.
 */
export const lapseLogged = checker(function lapseLogged(
  options: Logged & { ports: Port[]; beatPort: number; leaseMs: number; withinMs: number },
) {
  const { node, after, ports, beatPort, leaseMs, withinMs } = options;
  return (during, all = during) => {
    const { act, change } = changeAfter(during, options);
    if (!act) return unknown(`${actText(after)} was not done`);
    if (!change) return fail(`${node} logged no change to ${options.state} after ${actText(after)}`, [act]);
    const last = ports
      .flatMap((port) => datagramsOf(during, { ...port, direction: 'sent' }, beatPort))
      .filter(({ atNs }) => atNs < change.event.atNs)
      .toSorted((one, other) => one.atNs - other.atNs)
      .at(-1);
    if (!last) return unknown(`${node} was not seen to beat before`, [act, change.event]);
    const seenMs = (change.event.atNs - last.atNs) / NS_PER_MS - leaseMs;
    const said = fieldAt(change, 'lost.leaseOverMs');
    const because = `the log says that the lease had been over for ${said} ms, the packets ${seenMs.toFixed(3)} ms`;
    const agrees = typeof said === 'number' && Math.abs(said - seenMs) <= withinMs;
    const verdict = (agrees ? pass : fail)(because, [act, last, change.event]);
    return unlessBlind(during, all, [{ what: 'frames', where: ports.map(({ lan }) => lan) }], verdict);
  };
});
