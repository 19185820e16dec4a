import { bytesToQuad, macToOctets, octetsToMac, quadToBytes } from './inet.ts';

/** An ARP packet on Ethernet for IPv4 (RFC 826), and who sent the frame. */
export interface ArpPacket {
  operation: 'request' | 'reply';
  senderMac: string;
  senderIp: string;
  targetMac: string;
  targetIp: string;
  /** Source hardware address of the frame; differs from senderMac where somebody answers for another. */
  sourceMac: string;
}

const ETHERNET_BYTES = 14;
const ARP_BYTES = 28;
const ETHERTYPE_ARP = 0x0806;
/** Hardware type Ethernet, protocol IPv4, address lengths 6 and 4. */
const ETHERNET_IPV4 = Buffer.from([0, 1, 8, 0, 6, 4]);
const OPERATIONS = { request: 1, reply: 2 } as const;

/** The whole frame, 42 bytes; the driver pads it to the least that Ethernet allows. */
export function encodeArpFrame(destinationMac: string, packet: ArpPacket): Buffer {
  return Buffer.concat([
    macToOctets(destinationMac),
    macToOctets(packet.sourceMac),
    Buffer.from([ETHERTYPE_ARP >> 8, ETHERTYPE_ARP & 0xff]),
    ETHERNET_IPV4,
    Buffer.from([0, OPERATIONS[packet.operation]]),
    macToOctets(packet.senderMac),
    quadToBytes(packet.senderIp),
    macToOctets(packet.targetMac),
    quadToBytes(packet.targetIp),
  ]);
}

/** The packet in a frame, or undefined where it is no ARP request or reply for IPv4 on Ethernet, or cut off. */
export function decodeArpFrame(frame: Buffer): ArpPacket | undefined {
  if (frame.length < ETHERNET_BYTES + ARP_BYTES || frame.readUInt16BE(12) !== ETHERTYPE_ARP) return undefined;
  const arp = frame.subarray(ETHERNET_BYTES);
  const operation = arp.readUInt16BE(6);
  if (!arp.subarray(0, 6).equals(ETHERNET_IPV4) || (operation !== 1 && operation !== 2)) return undefined;
  return {
    operation: operation === OPERATIONS.request ? 'request' : 'reply',
    senderMac: octetsToMac(arp.subarray(8)),
    senderIp: bytesToQuad(arp.subarray(14)),
    targetMac: octetsToMac(arp.subarray(18)),
    targetIp: bytesToQuad(arp.subarray(24)),
    sourceMac: octetsToMac(frame.subarray(6)),
  };
}
