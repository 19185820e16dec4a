/** Addresses of the load balancer's own language: branded text, and the codecs between text and octets. */

/** Dotted quad in its one canonical form, `10.77.1.11`. */
export type Ipv4 = string & { readonly brand: 'Ipv4' };
/** Six octets, lower case, with colons: `02:00:00:01:00:0b`. */
export type Mac = string & { readonly brand: 'Mac' };

const OCTET = '(0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])';
const QUAD = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);

/** The address, or undefined. Leading zeros are refused: some programs read them as octal. */
export function parseIpv4(text: string): Ipv4 | undefined {
  return QUAD.test(text) ? (text as Ipv4) : undefined;
}

/** Four octets in network order. */
export function ipv4ToBytes(address: Ipv4): Uint8Array {
  return Uint8Array.from(address.split('.'), Number);
}

/** Four octets in network order → text. Throws a RangeError on any other number of octets. */
export function bytesToIpv4(bytes: Uint8Array): Ipv4 {
  if (bytes.length !== 4) throw new RangeError(`An IPv4 address has 4 octets, not ${bytes.length}`);
  return bytes.join('.') as Ipv4;
}

/** Six octets. */
export function macToBytes(mac: Mac): Uint8Array {
  return Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** Six octets → text. Throws a RangeError on any other number of octets. */
export function bytesToMac(bytes: Uint8Array): Mac {
  if (bytes.length !== 6) throw new RangeError(`A hardware address has 6 octets, not ${bytes.length}`);
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join(':') as Mac;
}
