import { viewOf } from './octets.ts';
import {
  BLOCK_FRAME_BYTES,
  BLOCK_TYPE,
  BYTE_ORDER_MAGIC,
  DIRECTION,
  INTERFACE_OPTION,
  OPTION_END,
  PACKET_HEADER_BYTES,
  PACKET_OPTION_FLAGS,
  type PcapngPacket,
  paddedLength,
} from './pcapng.ts';

export interface PcapngFile {
  /** Names; empty for an interface without one. */
  interfaces: string[];
  packets: PcapngPacket[];
  /** Why reading ended before the end; absent for a sound file. */
  malformed?: string;
}

interface Interface {
  name: string;
  /** Nanoseconds of one unit of its time stamps, as a fraction. */
  unit: { numerator: bigint; denominator: bigint };
}

/** A block without its type and lengths, in the byte order of its section. */
interface Block {
  type: number;
  body: Uint8Array;
  littleEndian: boolean;
}

/** Read a file, of either byte order, with any number of sections. Never throws: what comes before damage is given. */
export function readPcapng(bytes: Uint8Array): PcapngFile {
  const interfaces: Interface[] = [];
  const packets: PcapngPacket[] = [];
  let firstOfSection = 0;
  let malformed: string | undefined;
  for (const found of blocks(bytes)) {
    if (typeof found === 'string') malformed = found;
    else if (found.type === BLOCK_TYPE.section) firstOfSection = interfaces.length;
    else if (found.type === BLOCK_TYPE.interface) interfaces.push(readInterface(found));
    else if (found.type === BLOCK_TYPE.packet) {
      const packet = readPacket(found, interfaces, firstOfSection);
      if (packet) packets.push(packet);
      else malformed ??= `packet ${packets.length + 1} contradicts its block or names no interface`;
    }
  }
  const names = interfaces.map(({ name }) => name);
  return { interfaces: names, packets, ...(malformed === undefined ? {} : { malformed }) };
}

/** Every block in turn; a text that says why, where the file stops making sense. */
function* blocks(bytes: Uint8Array): Generator<Block | string> {
  const view = viewOf(bytes);
  let littleEndian = true;
  for (let at = 0; at < bytes.length; ) {
    if (at + BLOCK_FRAME_BYTES > bytes.length) return yield `a block at ${at} is cut short`;
    const type = view.getUint32(at, true);
    if (type === BLOCK_TYPE.section) littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    else if (at === 0) return yield 'not a pcapng file: it does not begin with a section';
    const length = view.getUint32(at + 4, littleEndian);
    const sound = length >= BLOCK_FRAME_BYTES && length % 4 === 0 && at + length <= bytes.length;
    if (!sound) return yield `a block at ${at} of length ${length} does not fit`;
    const body = bytes.subarray(at + 8, at + length - 4);
    yield { type: view.getUint32(at, littleEndian), body, littleEndian };
    at += length;
  }
}

function readInterface(block: Block): Interface {
  const found = options(block, 8);
  const name = found.get(INTERFACE_OPTION.name) ?? new Uint8Array();
  const [resolution = 6] = found.get(INTERFACE_OPTION.timeResolution) ?? [];
  return { name: new TextDecoder().decode(name), unit: unitOf(resolution) };
}

/** The highest bit says whether the rest is a negative power of two or of ten. */
function unitOf(resolution: number): Interface['unit'] {
  const exponent = BigInt(resolution & 0x7f);
  return { numerator: 1_000_000_000n, denominator: (resolution & 0x80 ? 2n : 10n) ** exponent };
}

function readPacket(block: Block, interfaces: Interface[], firstOfSection: number): PcapngPacket | undefined {
  const { body, littleEndian } = block;
  if (body.length < PACKET_HEADER_BYTES) return undefined;
  const word = (at: number) => viewOf(body).getUint32(at, littleEndian);
  const index = firstOfSection + word(0);
  const unit = interfaces[index]?.unit;
  const captured = word(12);
  if (!unit || PACKET_HEADER_BYTES + captured > body.length) return undefined;
  const ticks = (BigInt(word(4)) << 32n) | BigInt(word(8));
  const direction = directionOf(block, PACKET_HEADER_BYTES + paddedLength(captured));
  return {
    interface: index,
    timeNs: (ticks * unit.numerator) / unit.denominator,
    ...(direction ? { direction } : {}),
    bytes: new Uint8Array(body.subarray(PACKET_HEADER_BYTES, PACKET_HEADER_BYTES + captured)),
    ...(word(16) > captured ? { wireBytes: word(16) } : {}),
  };
}

function directionOf(block: Block, optionsAt: number): PcapngPacket['direction'] {
  const flags = options(block, optionsAt).get(PACKET_OPTION_FLAGS);
  if (flags?.length !== 4) return undefined;
  const bits = viewOf(flags).getUint32(0, block.littleEndian) & 3;
  if (bits === DIRECTION.incoming) return 'incoming';
  return bits === DIRECTION.outgoing ? 'outgoing' : undefined;
}

/** The options from `at` on, by code; reading ends where one does not fit. */
function options({ body, littleEndian }: Block, at: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = viewOf(body);
  while (at + 4 <= body.length) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === OPTION_END || at + 4 + length > body.length) break;
    found.set(code, body.subarray(at + 4, at + 4 + length));
    at += 4 + paddedLength(length);
  }
  return found;
}
