/** Text and octets of addresses, at the seam between the kernel's messages and everybody else's strings. */

/** `10.77.1.11` → four octets. Throws a RangeError on anything that is not a dotted quad: a caller's broken promise. */
export function quadToBytes(quad: string): Uint8Array {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(quad)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) throw new RangeError(`Not an IPv4 address: ${JSON.stringify(quad)}`);
  return Uint8Array.from(parts);
}

/** Four octets → `10.77.1.11`. */
export function bytesToQuad(bytes: Uint8Array): string {
  return bytes.subarray(0, 4).join('.');
}

/** `02:00:00:01:00:0b` → six octets. Throws a RangeError on anything else. */
export function macToOctets(mac: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) {
    throw new RangeError(`Not a hardware address: ${JSON.stringify(mac)}`);
  }
  return Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** Six octets → `02:00:00:01:00:0b`, lower case. */
export function octetsToMac(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 6), (octet) => octet.toString(16).padStart(2, '0')).join(':');
}
