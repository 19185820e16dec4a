/**
 * The netlink wire format (linux/netlink.h): messages and attributes, each padded to four bytes, in host byte order
 * (little-endian on every machine that this project supports).
 */
export interface NetlinkMessage {
  type: number;
  /** Everything after the 16-byte header. */
  payload: Buffer;
}

export type Attribute = readonly [type: number, value: Uint8Array];

const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** Upper two bits of an attribute's type are flags (nested, network byte order). */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

const padded = (bytes: number): number => (bytes + 3) & ~3;

/** One request: header, the fixed part of its family (`body`), attributes. */
export function encodeMessage(type: number, flags: number, body: Uint8Array, attributes: Attribute[]): Buffer {
  const parts = [Buffer.alloc(HEADER_BYTES), body, ...attributes.map(encodeAttribute)];
  const message = Buffer.concat(parts);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  return message;
}

function encodeAttribute([type, value]: Attribute): Buffer {
  const attribute = Buffer.alloc(padded(ATTRIBUTE_HEADER_BYTES + value.length));
  attribute.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + value.length, 0);
  attribute.writeUInt16LE(type, 2);
  attribute.set(value, ATTRIBUTE_HEADER_BYTES);
  return attribute;
}

/** The messages of one datagram. A cut-off message ends the list. */
export function decodeMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > datagram.length) break;
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      payload: datagram.subarray(at + HEADER_BYTES, at + length),
    });
    at += padded(length);
  }
  return messages;
}

/** Attributes by type; the later of two of one type wins. A cut-off attribute ends the list. */
export function decodeAttributes(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 2) & ATTRIBUTE_TYPE_MASK;
    attributes.set(type, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length));
    at += padded(length);
  }
  return attributes;
}

/** A string as an attribute's value: with its terminating zero. */
export const textValue = (text: string): Buffer => Buffer.from(`${text}\0`);

/** The string in an attribute's value, without its terminating zero. */
export const valueText = (value: Buffer): string => value.toString().replace(/\0.*$/s, '');
