import { type Address, wordOf } from './address.ts';
import type { Ipv4 } from './packet.ts';

/** A five-tuple. Ports are zero where there are none. */
export interface Flow {
  protocol: number;
  source: Address;
  destination: Address;
  sourcePort: number;
  destinationPort: number;
}

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;
/** Octets of the header that follows IPv4's. Of TCP without options (RFC 9293), and of UDP (RFC 768). */
const LEAST_BYTES = { [PROTOCOL.tcp]: 20, [PROTOCOL.udp]: 8 };

export const hasPorts = (protocol: number): protocol is 6 | 17 =>
  protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp;

/** What the data path reads of a TCP or UDP packet. */
export interface Segment {
  flow: Flow;
  /** Control bits (RFC 9293 section 3.1); undefined for UDP. */
  tcp?: { fin: boolean; syn: boolean; rst: boolean; ack: boolean };
}

const [TCP_OFFSET_AT, TCP_FLAGS_AT] = [12, 13];

/** Octets of the TCP header, with its options, or of UDP's. */
export const headerBytes = (frame: Buffer, { protocol, payloadAt }: Ipv4): number =>
  protocol === PROTOCOL.tcp ? (frame.readUInt8(payloadAt + TCP_OFFSET_AT) >> 4) * 4 : LEAST_BYTES[PROTOCOL.udp];

/** Undefined where there are no ports, or the packet is too short for the whole header. */
export function readSegment(frame: Buffer, ip: Ipv4): Segment | undefined {
  const { protocol, source, destination, payloadAt, endAt } = ip;
  if (!hasPorts(protocol) || payloadAt + LEAST_BYTES[protocol] > endAt) return undefined;
  const [sourcePort, destinationPort] = [frame.readUInt16BE(payloadAt), frame.readUInt16BE(payloadAt + 2)];
  const flow = { protocol, source, destination, sourcePort, destinationPort };
  if (protocol === PROTOCOL.udp) return { flow };
  const flags = frame.readUInt8(payloadAt + TCP_FLAGS_AT);
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return { flow, tcp: { fin: has(0x01), syn: has(0x02), rst: has(0x04), ack: has(0x10) } };
}

/** For people, and as the flow's key in tables. */
export function nameOfFlow({ protocol, source, sourcePort, destination, destinationPort }: Flow): string {
  return `${protocol} ${source}:${sourcePort} > ${destination}:${destinationPort}`;
}

const FLOW_NAME = /^(\d+) ([\d.]+):(\d+) > ([\d.]+):(\d+)$/;

/** The flow of that name. Throws a RangeError where it is none. */
export function flowNamed(name: string): Flow {
  const [, protocol, source, sourcePort, destination, destinationPort] = FLOW_NAME.exec(name) ?? [];
  if (destinationPort === undefined) throw new RangeError(`"${name}" names no flow`);
  return {
    protocol: Number(protocol),
    source: source as Address,
    destination: destination as Address,
    sourcePort: Number(sourcePort),
    destinationPort: Number(destinationPort),
  };
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** A flow whose addresses are numbers (`wordOf`). */
export interface FlowNumbers extends Omit<Flow, 'source' | 'destination'> {
  source: number;
  destination: number;
}

export const numbersOf = (flow: Flow): FlowNumbers => ({
  protocol: flow.protocol,
  source: wordOf(flow.source),
  destination: wordOf(flow.destination),
  sourcePort: flow.sourcePort,
  destinationPort: flow.destinationPort,
});

/** 32 bits that follow from the flow alone, so both nodes of a pair select the same server. */
export const hashOf = (flow: Flow): number => hashOfNumbers(numbersOf(flow));

export function hashOfNumbers({ protocol, source, destination, sourcePort, destinationPort }: FlowNumbers): number {
  return hashOfWords(protocol, source, destination, (sourcePort << 16) | destinationPort);
}

/** Bob Jenkins's lookup3 of three words: the two addresses, and both ports; the protocol is the seed. */
function hashOfWords(protocol: number, source: number, destination: number, ports: number): number {
  const start = (0xdeadbeef + (3 << 2) + protocol) | 0;
  let a = (start + source) | 0;
  let b = (start + destination) | 0;
  let c = (start + ports) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}
