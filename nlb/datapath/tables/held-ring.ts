import { mapMemory, mapReadable, PAGE_BYTES } from '../../kernel/memory-map.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import type { Flow } from '../specification/flow.ts';
import { decodeFlow } from './exception-table.ts';

/** The ring in which the data path leaves frames that are held (a BPF ring buffer), read without a system call. */
export interface HeldRing {
  /** Readable (poll) while frames wait. */
  readonly fd: number;
  /**
   * Take out what waits, in the order in which it came, so many at most. One that a program is still writing ends it: so what programs
   * have left that have ended is all there, if less than `most` comes.
   */
  take(most: number): HeldFrame[];
  close(): void;
}

/** A copy of a frame as it came in, and what the data path knows of it. */
export interface HeldFrame {
  frame: Buffer;
  /** Interface that it came in on. */
  ifindex: number;
  flow: Flow;
  /** Zero for UDP. */
  tcpFlags: number;
  /** Of the selection of its service's pool. */
  slot: number;
  /** The data path's number of it. */
  service: number;
  by: 'exception' | 'slot';
  /** CLOCK_MONOTONIC. */
  arrivedNs: bigint;
}

/** Before each record: its length, with two marks, and the offset of the page. */
const HEADER_BYTES = 8;
const BUSY = 2 ** 31;
const DISCARDED = 2 ** 30;
const { heldFrame: AT } = STRUCTS;

/**
 * Throws SyscallError.
 * @param bytes of the ring: a power of two
 */
export function openHeldRing(fd: number, bytes: number): HeldRing {
  const consumer = mapMemory(fd, 8);
  // The producer's page, and the data twice, so that what goes over the end is in one piece.
  const rest = mapReadable(fd, PAGE_BYTES + 2 * bytes, PAGE_BYTES);
  const [read, written] = [new BigUint64Array(consumer.buffer), new BigUint64Array(rest.buffer, 0, 1)];
  const data = Buffer.from(rest.buffer, PAGE_BYTES);
  const lengths = new Uint32Array(rest.buffer, PAGE_BYTES);
  return {
    fd,
    take: (most) => {
      const found: HeldFrame[] = [];
      let at = Atomics.load(read, 0);
      for (const end = Atomics.load(written, 0); at < end && found.length < most; ) {
        const from = Number(at % BigInt(bytes));
        const length = Atomics.load(lengths, from / 4);
        if (length >= BUSY) break;
        if (length < DISCARDED) found.push(decode(data.subarray(from + HEADER_BYTES)));
        at += BigInt(CONSTANTS.HELD_RECORD_BYTES);
        Atomics.store(read, 0, at);
      }
      return found;
    },
    close: () => {
      consumer.close();
      rest.close();
    },
  };
}

function decode(record: Buffer): HeldFrame {
  const length = record.readUInt32LE(AT.length);
  return {
    frame: Buffer.from(record.subarray(AT.frame, AT.frame + length)),
    ifindex: record.readUInt32LE(AT.ifindex),
    flow: decodeFlow(record.subarray(AT.flow)),
    tcpFlags: record.readUInt8(AT.tcpFlags),
    slot: record.readUInt32LE(AT.slot),
    service: record.readUInt16LE(AT.service),
    by: record.readUInt8(AT.by) === CONSTANTS.HELD_BY_EXCEPTION ? 'exception' : 'slot',
    arrivedNs: record.readBigUInt64LE(AT.arrivedNs),
  };
}
