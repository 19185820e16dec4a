import type { Cidr, Ipv4 } from './address.ts';

/** A subnet as numbers, host order. */
export interface Subnet {
  network: number;
  prefixLength: number;
}

const octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const dottedQuad = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`);

/** Dotted quad to an unsigned 32-bit number; undefined for anything else. Leading zeros are refused: some programs read them as octal. */
export function parseIpv4(text: string): number | undefined {
  const match = dottedQuad.exec(text);
  return match?.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Unsigned 32-bit number to dotted quad. */
export function formatIpv4(address: number): Ipv4 {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.') as Ipv4;
}

/** `10.77.1.11/24` to its address and prefix length; host bits may be set. Undefined for anything else. */
export function parseCidr(text: string): { address: number; prefixLength: number } | undefined {
  const [addressText = '', lengthText = '', ...rest] = text.split('/');
  const address = parseIpv4(addressText);
  if (address === undefined || rest.length > 0 || !/^(3[0-2]|[12]?[0-9])$/.test(lengthText)) return undefined;
  return { address, prefixLength: Number(lengthText) };
}

/** `10.77.1.11/24` */
export function formatCidr(address: number, prefixLength: number): Cidr {
  return `${formatIpv4(address)}/${prefixLength}` as Cidr;
}

/** The subnet that an address with this prefix length lies in. */
export function subnetOf(address: number, prefixLength: number): Subnet {
  const size = 2 ** (32 - prefixLength);
  return { network: address - (address % size), prefixLength };
}

/** The highest address of a subnet. */
export function broadcastOf({ network, prefixLength }: Subnet): number {
  return network + 2 ** (32 - prefixLength) - 1;
}

export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.network && address <= broadcastOf(subnet);
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return contains(a, b.network) || contains(b, a.network);
}

/** Whether a station may have this address: not "this network", loopback, multicast or reserved (RFC 6890). */
export function isUnicast(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}
