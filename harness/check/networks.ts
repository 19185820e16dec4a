import { ipv4Octets } from '../capture/address-text.ts';

/** RFC 1918. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
/** No host's on the public Internet: the carriers' space of RFC 6598, loopback, link-local, "this host", groups, and broadcast. */
const NOBODYS = ['100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'];
const NOT_PUBLIC = [...PRIVATE, ...NOBODYS];

/** The address of `10.77.1.100/32`. */
export function bare(address: string): string {
  return address.split('/')[0] ?? address;
}

/** @throws RangeError when the texts are no IPv4 address and subnet */
export function isInside(address: string, subnet: string): boolean {
  const prefixBytes = 2 ** (32 - Number(subnet.split('/')[1] ?? 32));
  return Math.floor(numberOf(bare(address)) / prefixBytes) === Math.floor(numberOf(bare(subnet)) / prefixBytes);
}

export function isPublic(address: string): boolean {
  return !NOT_PUBLIC.some((subnet) => isInside(address, subnet));
}

/** Of RFC 1918. */
export function isPrivate(address: string): boolean {
  return PRIVATE.some((subnet) => isInside(address, subnet));
}

function numberOf(address: string): number {
  return ipv4Octets(address).reduce((number, octet) => number * 256 + octet, 0);
}
