import { bytesToQuad, octetsToMac } from '../../kernel/inet.ts';

/**
 * Addresses in the specification of the data path: text with a branded type. Only this file and the readers of headers know
 * that an address has four octets, so IPv6 could be added there.
 */
export type Address = string & { readonly brand: 'Address' };

/** Six octets, lower case, with colons. */
export type Mac = string & { readonly brand: 'Mac' };

/** The address whose four octets begin at `at`; the caller has seen that they are there. */
export function addressAt(bytes: Uint8Array, at: number): Address {
  return bytesToQuad(bytes.subarray(at, at + 4)) as Address;
}

/** The hardware address whose six octets begin at `at`; the caller has seen that they are there. */
export function macAt(bytes: Uint8Array, at: number): Mac {
  return octetsToMac(bytes.subarray(at, at + 6)) as Mac;
}

const [DOT, ZERO] = ['.', '0'].map((sign) => sign.charCodeAt(0)) as [number, number];

/** An IPv4 address as one number of 32 bits. */
export function wordOf(address: Address): number {
  let [word, octet] = [0, 0];
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === DOT) [word, octet] = [word * 256 + octet, 0];
    else octet = octet * 10 + code - ZERO;
  }
  return word * 256 + octet;
}

/** The IPv4 address of that number. */
export const addressOf = (word: number): Address =>
  `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}` as Address;

/** The first address of its network: all bits after the prefix cleared. */
export const networkOf = (address: Address, prefix: number): Address =>
  addressOf(networkOfWord(wordOf(address), prefix));

/** The same of numbers. */
export const networkOfWord = (word: number, prefix: number): number =>
  Math.floor(word / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
