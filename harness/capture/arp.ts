import { ipv4At, ipv4Octets, macAt, macOctets } from './address-text.ts';
import { joined, type ReportMalformed, viewOf } from './octets.ts';

const BYTES = 28;
/** Hardware type 1 (Ethernet), protocol 0x0800, lengths 6 and 4. */
const ETHERNET_AND_IPV4 = Uint8Array.of(0, 1, 8, 0, 6, 4);

/** ARP for IPv4 over Ethernet, RFC 826. */
export interface Arp {
  kind: 'arp';
  operation: 'request' | 'reply' | number;
  senderMac: string;
  senderIp: string;
  targetMac: string;
  targetIp: string;
}

/** @returns undefined for ARP that is cut short or of other kinds of network */
export function decodeArp(bytes: Uint8Array, reportMalformed: ReportMalformed): Arp | undefined {
  if (bytes.length < BYTES) {
    reportMalformed(`ARP cut short: ${bytes.length} bytes`);
    return undefined;
  }
  if (ETHERNET_AND_IPV4.some((octet, index) => octet !== bytes[index])) {
    reportMalformed('ARP that is not for IPv4 over Ethernet');
    return undefined;
  }
  return {
    kind: 'arp',
    operation: operationName(viewOf(bytes).getUint16(6)),
    senderMac: macAt(bytes, 8),
    senderIp: ipv4At(bytes, 14),
    targetMac: macAt(bytes, 18),
    targetIp: ipv4At(bytes, 24),
  };
}

function operationName(number: number): Arp['operation'] {
  if (number === 1) return 'request';
  return number === 2 ? 'reply' : number;
}

function operationNumber(operation: Arp['operation']): number {
  if (operation === 'request') return 1;
  return operation === 'reply' ? 2 : operation;
}

/** The 28 bytes that follow the Ethernet header. @throws RangeError on an address that is none */
export function encodeArp(arp: Omit<Arp, 'kind'>): Uint8Array {
  const operation = operationNumber(arp.operation);
  return joined(
    ETHERNET_AND_IPV4,
    Uint8Array.of(operation >> 8, operation & 0xff),
    macOctets(arp.senderMac),
    ipv4Octets(arp.senderIp),
    macOctets(arp.targetMac),
    ipv4Octets(arp.targetIp),
  );
}
