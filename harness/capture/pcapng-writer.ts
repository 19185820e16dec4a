import { joined, viewOf } from './octets.ts';
import {
  BLOCK_FRAME_BYTES,
  BLOCK_TYPE,
  BYTE_ORDER_MAGIC,
  DIRECTION,
  INTERFACE_OPTION,
  LINK_TYPE_ETHERNET,
  OPTION_END,
  PACKET_HEADER_BYTES,
  PACKET_OPTION_FLAGS,
  type PcapngPacket,
  paddedLength,
} from './pcapng.ts';

const NANOSECONDS = 9;
const UNLIMITED = 0;

/** The beginning of a file: a section and its Ethernet interfaces, by name; packets refer to them by their index. */
export function pcapngHeader(interfaceNames: readonly string[]): Uint8Array {
  return joined(section(), ...interfaceNames.map(interfaceBlock));
}

/** The flags, and the end of the options: a code and a length before each value. */
const OPTIONS_BYTES = 12;
const FLAGS_BYTES = 4;

/** One packet, to follow the header or another packet. Made in one piece, because a history has tens of thousands. */
export function pcapngPacket(packet: PcapngPacket): Uint8Array {
  const { bytes, direction, timeNs } = packet;
  const optionsAt = 8 + PACKET_HEADER_BYTES + paddedLength(bytes.length);
  const length = optionsAt + (direction ? OPTIONS_BYTES : 0) + 4;
  const block = Buffer.alloc(length);
  const words = [BLOCK_TYPE.packet, length, packet.interface, Number(timeNs >> 32n), Number(timeNs & 0xffff_ffffn)];
  const header = [...words, bytes.length, packet.wireBytes ?? bytes.length];
  for (const [index, word] of header.entries()) block.writeUInt32LE(word, index * 4);
  block.set(bytes, 8 + PACKET_HEADER_BYTES);
  if (direction) {
    block.writeUInt32LE(PACKET_OPTION_FLAGS | (FLAGS_BYTES << 16), optionsAt);
    block.writeUInt32LE(DIRECTION[direction], optionsAt + 4);
    block.writeUInt32LE(OPTION_END, optionsAt + 8);
  }
  block.writeUInt32LE(length, length - 4);
  return block;
}

function section(): Uint8Array {
  const versionOneZero = 1;
  const lengthUnknown = 0xffff_ffff;
  return block(BLOCK_TYPE.section, words(BYTE_ORDER_MAGIC, versionOneZero, lengthUnknown, lengthUnknown));
}

function interfaceBlock(name: string): Uint8Array {
  const resolution = option(INTERFACE_OPTION.timeResolution, Uint8Array.of(NANOSECONDS));
  const named = option(INTERFACE_OPTION.name, new TextEncoder().encode(name));
  return block(BLOCK_TYPE.interface, words(LINK_TYPE_ETHERNET, UNLIMITED), named, resolution, endOfOptions());
}

function block(type: number, ...body: Uint8Array[]): Uint8Array {
  const content = joined(...body);
  const length = content.length + BLOCK_FRAME_BYTES;
  return joined(words(type, length), content, words(length));
}

function option(code: number, value: Uint8Array): Uint8Array {
  return joined(words(code | (value.length << 16)), padded(value));
}

function endOfOptions(): Uint8Array {
  return words(OPTION_END);
}

function padded(bytes: Uint8Array): Uint8Array {
  return joined(bytes, new Uint8Array(paddedLength(bytes.length) - bytes.length));
}

/** Little-endian words, whatever the machine. */
function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  values.forEach((value, index) => {
    viewOf(bytes).setUint32(index * 4, value, true);
  });
  return bytes;
}
