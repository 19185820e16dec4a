import { quadToBytes } from '../../kernel/inet.ts';
import { type Flow, PROTOCOL } from './flow.ts';
import { ETHERTYPE } from './packet.ts';

/** A frame with a packet of the flow, for the specification: without checksums, because it is never sent. */
export function packetOf(flow: Flow, to: string, kind: 'first' | 'next'): Buffer {
  const payload = flow.protocol === PROTOCOL.tcp ? tcpHeader(flow, kind) : udpHeader(flow);
  const ethernet = Buffer.alloc(14);
  ethernet.set(Buffer.from(to.replaceAll(':', ''), 'hex'), 0);
  ethernet.writeUInt16BE(ETHERTYPE.ipv4, 12);
  return Buffer.concat([ethernet, ipHeader(flow, payload.length), payload]);
}

/** RFC 791 section 3.1, without options. */
function ipHeader({ protocol, source, destination }: Flow, payloadBytes: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(header.length + payloadBytes, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  header.set(quadToBytes(source), 12);
  header.set(quadToBytes(destination), 16);
  return header;
}

const [SYN, ACK] = [0x02, 0x10];

/** RFC 9293 section 3.1. */
function tcpHeader({ sourcePort, destinationPort }: Flow, kind: 'first' | 'next'): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt8(0x50, 12);
  header.writeUInt8(kind === 'first' ? SYN : ACK, 13);
  return header;
}

/** RFC 768. */
function udpHeader({ sourcePort, destinationPort }: Flow): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt16BE(header.length, 4);
  return header;
}
