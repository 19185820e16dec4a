import { openBatch } from '../../kernel/packet-batch.ts';
import { openPacketPort, sendFrame } from '../../kernel/packet-port.ts';
import { awaitReadable } from '../../kernel/readiness.ts';
import { readEthernet, readIpv4 } from '../specification/packet.ts';
import { ifindexOf } from './rig.ts';

/** Support for tests: the veth peers of a load balancer's two interfaces, in the test's own namespace. */
export interface VethPeers {
  /** Send a frame that arrives on an interface of the load balancer. */
  send(frame: Buffer, on?: 'access' | 'server'): void;
  /** Frames that have left by that interface since the last call, without waiting. */
  received(on: 'access' | 'server'): Buffer[];
  /** The next frame that leaves by it, within ten seconds. */
  next(on: 'access' | 'server'): Buffer;
}

const FAR = { access: 'router', server: 'farm' } as const;

export function openVethPeers(): VethPeers {
  const sockets = { access: openPacketPort(ifindexOf(FAR.access)), server: openPacketPort(ifindexOf(FAR.server)) };
  const batch = openBatch();
  const waiting: Record<keyof typeof FAR, Buffer[]> = { access: [], server: [] };
  const receiveAll = (on: keyof typeof FAR): void => {
    for (let count = batch.receive(sockets[on]); count > 0; count = batch.receive(sockets[on]))
      for (let index = 0; index < count; index++) waiting[on].push(Buffer.from(batch.frame(index)));
  };
  return {
    send: (frame, on = 'access') => sendFrame(sockets[on], frame),
    received: (on) => {
      receiveAll(on);
      return waiting[on].splice(0);
    },
    next: (on) => {
      if (waiting[on].length === 0) awaitReadable([sockets[on]], 10_000);
      receiveAll(on);
      const [first] = waiting[on].splice(0, 1);
      if (!first) throw new Error(`nothing came out of ${on} in 10 s`);
      return first;
    },
  };
}

/** The same frame with the checksum of its IPv4 header (RFC 1071), without which a network stack drops it. */
export function withChecksum(frame: Buffer): Buffer {
  const { payloadAt = 0, ethertype } = readEthernet(frame) ?? {};
  const ip = ethertype === 0x0800 ? readIpv4(frame, payloadAt) : undefined;
  if (!ip?.lengthsAgree) return frame;
  const [octets, at] = [Buffer.from(frame), payloadAt + 10];
  octets.writeUInt16BE(0, at);
  let sum = 0;
  for (let word = payloadAt; word < ip.payloadAt; word += 2) sum += octets.readUInt16BE(word);
  sum = (sum & 0xffff) + (sum >> 16);
  octets.writeUInt16BE(~(sum + (sum >> 16)) & 0xffff, at);
  return octets;
}
