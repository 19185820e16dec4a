import { BROADCAST_MAC, ZERO_MAC } from '../capture/address-text.ts';
import { type Arp, encodeArp } from '../capture/arp.ts';
import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIpv4, type Ipv4Options, PROTOCOL } from '../capture/ipv4.ts';
import { encodeTcp, type TcpFlag } from '../capture/tcp.ts';
import { encodeUdp } from '../capture/udp.ts';
import type * as Event from '../history/event.ts';
import { type Claim, verdictOn } from './claim.ts';
import { BYSTANDERS, type Bystander } from './literal-bystanders.ts';
import type { Port } from './seen.ts';
import { NS_PER_MS } from './span.ts';

/** Histories for the tests of checkers, written down event by event; instants in milliseconds. */

/** Where a frame enters a switch, and the ports by which it leaves. */
export interface Way {
  atMs: number;
  from: Port;
  to: Port[];
}

/** A frame: once sent into the switch, and received by each port that it leaves by, 10 µs later. */
export function frame({ atMs, from, to }: Way, bytes: Uint8Array): Event.FrameSeen[] {
  const seen = (port: Port, direction: Event.FrameSeen['direction'], delayNs: number) => {
    return { kind: 'frame' as const, atNs: atMs * NS_PER_MS + delayNs, ...port, direction, bytes };
  };
  return [seen(from, 'sent', 0), ...to.map((port) => seen(port, 'received', 10_000))];
}

type ArpFields = Pick<Arp, 'operation' | 'senderMac' | 'senderIp' | 'targetIp'> & {
  targetMac?: string;
  /** Of the frame, where not the usual ones. */
  destination?: string;
  source?: string;
};

export function arp(way: Way, fields: ArpFields): Event.FrameSeen[] {
  const { targetMac = ZERO_MAC, destination, source = fields.senderMac, ...rest } = fields;
  const usual = fields.operation === 'reply' ? targetMac : BROADCAST_MAC;
  const header = { destination: destination ?? usual, source, etherType: ETHER_TYPE.arp };
  return frame(way, encodeEthernet(header, encodeArp({ targetMac, ...rest })));
}

/** The hardware addresses of a frame around a packet. */
export interface Macs {
  source: string;
  destination: string;
}

export function internet(way: Way, macs: Macs, header: Ipv4Options, payload: Uint8Array): Event.FrameSeen[] {
  return frame(way, encodeEthernet({ ...macs, etherType: ETHER_TYPE.ipv4 }, encodeIpv4(header, payload)));
}

export interface Flow {
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
  flags?: TcpFlag[];
  /** Of TCP; 1 if absent. */
  sequence?: number;
  ttl?: number;
  identification?: number;
  text?: string;
}

export function tcp(way: Way, macs: Macs, flow: Flow): Event.FrameSeen[] {
  const { flags = ['syn'], text = '', sequence = 1, ...ends } = flow;
  const segment = encodeTcp({ ...ends, sequence, flags, payload: new TextEncoder().encode(text) });
  return internet(way, macs, { ...ends, protocol: PROTOCOL.tcp }, segment);
}

export function udp(way: Way, macs: Macs, flow: Flow): Event.FrameSeen[] {
  const datagram = encodeUdp({ ...flow, payload: new TextEncoder().encode(flow.text ?? '') });
  return internet(way, macs, { ...flow, protocol: PROTOCOL.udp }, datagram);
}

type Timed<Kind> = Omit<Kind, 'kind' | 'atNs'>;

export function address(atMs: number, fields: Timed<Event.AddressChanged>): Event.AddressChanged {
  return { kind: 'address', atNs: atMs * NS_PER_MS, ...fields };
}

export function neighbour(atMs: number, fields: Timed<Event.NeighbourChanged>): Event.NeighbourChanged {
  return { kind: 'neighbour', atNs: atMs * NS_PER_MS, ...fields };
}

export function act(atMs: number, what: string, node?: string, untilMs?: number): Event.Acted {
  const over = untilMs === undefined ? {} : { untilNs: untilMs * NS_PER_MS };
  return { kind: 'act', atNs: atMs * NS_PER_MS, what, ...(node === undefined ? {} : { node }), ...over };
}

export function testRun(title: string, fromMs: number, untilMs: number): Event.TestMarked[] {
  const mark = (atMs: number, phase: Event.TestMarked['phase']) => {
    return { kind: 'test' as const, atNs: atMs * NS_PER_MS, title, phase };
  };
  return [mark(fromMs, 'begins'), mark(untilMs, 'ends')];
}

/** @param addresses `nlb1 access 10.77.1.11/24`, with the label as a fourth word */
export function census(atMs: number, ...addresses: string[]): Event.CensusTaken {
  const held = addresses.map((text) => {
    const [node = '', device = '', address = '', label] = text.split(' ');
    return { node, device, address, ...(label === undefined ? {} : { label }) };
  });
  return { kind: 'census', atNs: atMs * NS_PER_MS, addresses: held, routes: [] };
}

/** Answered after a millisecond unless it is said otherwise. */
export function probe(atMs: number, fields: Partial<Event.ProbeEnded> = {}): Event.ProbeEnded {
  const answered = (fields.outcome ?? 'answered') === 'answered' ? { answeredNs: (atMs + 1) * NS_PER_MS } : {};
  const usual = { node: 'client1', protocol: 'tcp' as const, flow: 'a', sequence: 0, outcome: 'answered' as const };
  return { kind: 'probe', atNs: atMs * NS_PER_MS, ...usual, ...answered, ...fields };
}

export function served(atMs: number, node: string, client: string, target: string): Event.RequestServed {
  return { kind: 'served', atNs: atMs * NS_PER_MS, node, protocol: 'tcp', client, target };
}

export function script(atMs: number, node: string, state: string, previous: string): Event.ScriptRan {
  return { kind: 'script', atNs: atMs * NS_PER_MS, node, state, previous, reason: '' };
}

/** A line of an event log, read at the end of the test; its instant is the one that it claims. */
export function logged(
  index: number,
  line: { monotonicMs: number } & Record<string, unknown>,
  { node = 'nlb2', reading = 'a', readMs = 1000 } = {},
): Event.EventLogged {
  const text = JSON.stringify(line);
  const atNs = line.monotonicMs * NS_PER_MS;
  return { kind: 'logged', atNs, node, reading, index, readNs: readMs * NS_PER_MS, text };
}

export function counted(atMs: number, node: string, what: string, counts: Event.Counted['counts']): Event.Counted {
  return { kind: 'counted', atNs: atMs * NS_PER_MS, node, what, counts };
}

export function drops(
  atMs: number,
  node: string,
  counts: Event.DropsRead['counts'],
  said: Partial<Pick<Event.DropsRead, 'life' | 'anew' | 'last'>> = {},
): Event.DropsRead {
  return { kind: 'drops', atNs: atMs * NS_PER_MS, node, life: '1', anew: true, counts, ...said };
}

/** A node waited for so long of that time. */
export function starved(atMs: number, untilMs: number, forMs: number): Event.Starved {
  return {
    kind: 'starved',
    atNs: atMs * NS_PER_MS,
    untilNs: untilMs * NS_PER_MS,
    node: 'nlb1',
    forNs: forMs * NS_PER_MS,
  };
}

export function standstill(atMs: number, untilMs: number): Event.StoodStill {
  return { kind: 'standstill', atNs: atMs * NS_PER_MS, untilNs: untilMs * NS_PER_MS };
}

/** Watched for ten seconds from the beginning. */
export function watched(what: Event.Watched['what'], where: string, missed = 0): Event.Watched {
  return { kind: 'watched', atNs: 0, what, where, untilNs: 10_000 * NS_PER_MS, missed };
}

/** The end of a test: something at 1000 ms, so that all before it is over. */
export const OVER: Event.Acted = act(1000, 'over');

export function history(...parts: (Event.HistoryEvent | Event.HistoryEvent[])[]): Event.HistoryEvent[] {
  return parts.flat().toSorted((one, other) => one.atNs - other.atNs);
}

/** What never happened cannot be shown. */
const OF_WHAT_IS_ABSENT = ['aliasPlaced', 'asks', 'eventLogged'];

/**
 * Verdict and reason in one text: `pass: …`. Evidence must come from the history, a failure must show some, and what has nothing to
 * do with the matter must change nothing.
 */
export function told(claim: Claim, ...parts: (Event.HistoryEvent | Event.HistoryEvent[])[]): string {
  const events = history(...parts);
  const plain = verdictText(claim, events);
  const bystanders = BYSTANDERS.filter(({ mattersTo }) => !mattersTo.includes(claim.checker));
  const withThem = (some: readonly Bystander[]) =>
    verdictText(
      claim,
      history(
        events.flatMap((event) => some.flatMap(({ beside }) => beside(event))),
        events,
      ),
    );
  if (withThem(bystanders) !== plain) {
    const culprits = bystanders.filter((one) => withThem([one]) !== plain).map(({ what }) => what);
    return `changed by ${culprits.join(', ')}: ${withThem(bystanders)}, not ${plain}`;
  }
  return plain;
}

function verdictText(claim: Claim, events: Event.HistoryEvent[]): string {
  const { verdict, because, evidence } = verdictOn(claim, events);
  if (evidence.some((event) => !events.includes(event))) return 'the evidence is not from the history';
  const mustShow = verdict === 'fail' && !OF_WHAT_IS_ABSENT.includes(claim.checker);
  if (mustShow && evidence.length === 0) return `a failure that shows nothing: ${because}`;
  return `${verdict}: ${because}`;
}

/** What a verdict shows, in its order: the kind of each event with its instant in milliseconds, `frame 1.01`. */
export function shown(claim: Claim, ...parts: (Event.HistoryEvent | Event.HistoryEvent[])[]): string[] {
  return verdictOn(claim, history(...parts)).evidence.map(({ kind, atNs }) => `${kind} ${atNs / NS_PER_MS}`);
}
