/** Addresses between their octets and their text. Text is lower case with colons (MAC) or a dotted quad (IPv4). */

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
export const ZERO_MAC = '00:00:00:00:00:00';

/** The six octets at `at`. */
export function macAt(bytes: Uint8Array, at: number): string {
  let text = HEX[bytes[at] ?? 0] ?? '';
  for (let index = at + 1; index < at + 6; index++) text += `:${HEX[bytes[index] ?? 0]}`;
  return text;
}

/** The four octets at `at`. */
export function ipv4At(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** @throws RangeError when the text is no hardware address */
export function macOctets(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new RangeError(`not a hardware address: ${text}`);
  return Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));
}

/** @throws RangeError when the text is no IPv4 address */
export function ipv4Octets(text: string): Uint8Array {
  const octets = text.split('.').map(Number);
  const sound = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && octets.every((octet) => octet < 256);
  if (!sound) throw new RangeError(`not an IPv4 address: ${text}`);
  return Uint8Array.from(octets);
}
