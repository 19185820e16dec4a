/**
 * The pcapng file format, draft-ietf-opsawg-pcapng: blocks of a type, a length, a body and the length again, all in
 * 32-bit words. What is written here and read back: a section, its interfaces, and its packets.
 */
export interface PcapngPacket {
  /** Index into the file's interfaces. */
  interface: number;
  /** Since 1970, nanoseconds. */
  timeNs: bigint;
  /** As the interface saw it; absent when not told. */
  direction?: 'incoming' | 'outgoing';
  bytes: Uint8Array;
  /** Length on the wire, when more than was captured. */
  wireBytes?: number;
}

export const BLOCK_TYPE = { section: 0x0a0d0d0a, interface: 1, packet: 6 } as const;
/** Written in the writer's byte order, so that a reader knows it. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const LINK_TYPE_ETHERNET = 1;
/** Option codes; the two name spaces are of the interface's and the packet's block. */
export const INTERFACE_OPTION = { name: 2, timeResolution: 9 } as const;
export const PACKET_OPTION_FLAGS = 2;
export const OPTION_END = 0;
/** Lowest two bits of the flags word. */
export const DIRECTION = { incoming: 1, outgoing: 2 } as const;
/** Bytes of a block around its body: type, length, and length again. */
export const BLOCK_FRAME_BYTES = 12;
/** Bytes of a packet's block before its bytes: interface, time in two words, captured and original length. */
export const PACKET_HEADER_BYTES = 20;

export function paddedLength(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
