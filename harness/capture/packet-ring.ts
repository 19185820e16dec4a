import koffi from 'koffi';
import { callKernel, SyscallError } from './libc.ts';
import { bindToEverything, openPacketSocket, PACKET_OPTION, packetOption, setPacketOption } from './packet-socket.ts';
import {
  BLOCK_IS_OURS,
  BLOCK_STATUS_OFFSET,
  type CapturedFrame,
  framesIn,
  inPieces,
  readBlock,
  usedBytes,
} from './ring-block.ts';

const TPACKET_V3 = 2;
const PROTECTION_READ_WRITE = 3;
const MADV_DONTFORK = 10;
const MAP_SHARED = 1;
const POLLIN = 1;

/** Room for a jumbo frame; a block is retired by time, so small ones waste less when traffic is thin. */
const BLOCK_BYTES = 32 * 1024;
/** The kernel only checks that it divides the block; frames of version 3 lie as close as they fit. */
const FRAME_BYTES = 2048;
const RETIRE_AFTER_MS = 4;

/** A ring, as every thread of the process can find it: its socket, where its memory is mapped, and of how many blocks it is. */
export interface RingMemory {
  fd: number;
  address: bigint;
  blocks: number;
}

export type OnFrame = (frame: CapturedFrame) => void;
/** Told the used part of a block, which is the ring's own memory: to be copied at once. */
export type OnBlock = (block: Uint8Array) => void;

/** For one thread at a time. */
export interface PacketRing {
  /** Give all frames of retired blocks to `onFrame`, oldest first, without a system call. @returns how many */
  drain(onFrame: OnFrame): number;
  /** The same by whole blocks, for whoever reads their frames later (`readBlock`). @returns how many frames */
  drainBlocks(onBlock: OnBlock): number;
  /**
   * Drain until every frame that the kernel had taken when the call began is delivered. Blocks the thread, a few
   * milliseconds as a rule. @returns whether that was reached in time
   */
  flush(onFrame: OnFrame, deadlineMs: number): boolean;
  /** The same by whole blocks. */
  flushBlocks(onBlock: OnBlock, deadlineMs: number): boolean;
  /** Number of frames lost since the ring was opened, because no block was free. */
  drops(): number;
  /** Unmap and close. Not drained frames are gone: `flush` first. */
  close(): void;
}

export interface RingOptions {
  /** Absent: every interface of the namespace. */
  interfaceName?: string;
  /**
   * Memory of the ring, in MiB. Each 32 KiB block lasts at least 4 ms once it holds a frame: 8 MiB endure one second
   * without draining however thin the traffic.
   */
  megabytes: number;
}

/**
 * Capture frames through a memory-mapped ring (packet_mmap, TPACKET_V3) in the network namespace that the calling thread
 * is in now; the ring stays with that namespace afterwards.
 *
 * @throws SyscallError without CAP_NET_RAW, without memory, or when the interface does not exist
 */
export const openRing = (options: RingOptions): PacketRing => ringIn(makeRing(options));

/** The ring that is there, to be drained by the calling thread. */
export const ringIn = (memory: RingMemory): PacketRing => new Ring(memory);

/** The same as `openRing`, for another thread to drain (`ringIn`). @throws SyscallError as `openRing` does */
export function makeRing(options: RingOptions): RingMemory {
  const interfaceIndex = options.interfaceName ? indexOf(options.interfaceName) : 0;
  const blocks = Math.max(2, Math.floor((options.megabytes * 1024 * 1024) / BLOCK_BYTES));
  const fd = openPacketSocket();
  try {
    const address = mapRing(fd, blocks);
    bindToEverything(fd, interfaceIndex);
    return { fd, address, blocks };
  } catch (refusal) {
    callKernel('close', 'a packet ring', fd);
    throw refusal;
  }
}

/** Unmap and close a ring that no thread looks at any more. */
export function closeRing({ fd, address, blocks }: RingMemory): void {
  callKernel('munmap', 'a packet ring', address, blocks * BLOCK_BYTES);
  callKernel('close', 'a packet ring', fd);
}

function indexOf(interfaceName: string): number {
  return Number(callKernel('if_nametoindex', interfaceName, interfaceName));
}

/** Ask for the ring and map it. @returns its address */
function mapRing(fd: number, blocks: number): bigint {
  const size = blocks * BLOCK_BYTES;
  setPacketOption(fd, PACKET_OPTION.version, TPACKET_V3);
  // struct tpacket_req3: block size, blocks, frame size, frames, retire time, private bytes, features.
  const request = [BLOCK_BYTES, blocks, FRAME_BYTES, size / FRAME_BYTES, RETIRE_AFTER_MS, 0, 0];
  setPacketOption(fd, PACKET_OPTION.rxRing, ...request);
  const address = callKernel('mmap', `a ring of ${size} bytes`, null, size, PROTECTION_READ_WRITE, MAP_SHARED, fd, 0);
  // Copied into each child, some 80 MB of page tables make every start of a program several milliseconds slower.
  callKernel('madvise', 'a packet ring', address, size, MADV_DONTFORK);
  return BigInt(address);
}

class Ring implements PacketRing {
  readonly #memory: RingMemory;
  /** Both look at the same memory: `#words` for ownership, which needs ordered access. Empty once closed. */
  #bytes: DataView;
  #words: Int32Array;
  readonly #allocate = inPieces();
  #next = 0;
  #delivered = 0;
  #seen = 0;
  #dropped = 0;

  constructor(memory: RingMemory) {
    this.#memory = memory;
    const bytes = koffi.view(memory.address, memory.blocks * BLOCK_BYTES);
    this.#bytes = new DataView(bytes);
    this.#words = new Int32Array(bytes);
  }

  drain(onFrame: OnFrame): number {
    return this.#take((start) => readBlock(this.#bytes, start, onFrame, this.#allocate));
  }

  drainBlocks(onBlock: OnBlock): number {
    return this.#take((start) => this.#giveBlock(start, onBlock));
  }

  flush(onFrame: OnFrame, deadlineMs: number): boolean {
    return this.#drainUntilSeen(() => this.drain(onFrame), deadlineMs);
  }

  flushBlocks(onBlock: OnBlock, deadlineMs: number): boolean {
    return this.#drainUntilSeen(() => this.drainBlocks(onBlock), deadlineMs);
  }

  #giveBlock(start: number, onBlock: OnBlock): number {
    onBlock(new Uint8Array(this.#bytes.buffer, start, usedBytes(this.#bytes, start)));
    return framesIn(this.#bytes, start);
  }

  /** Visits each retired block, which says how many frames are in it, and gives it back to the kernel. */
  #take(visit: (start: number) => number): number {
    let frames = 0;
    if (this.#closed()) return frames;
    // One round at most, so that a flood cannot keep the caller here for ever.
    for (let round = 0; round < this.#memory.blocks; round++) {
      const start = this.#next * BLOCK_BYTES;
      const statusWord = (start + BLOCK_STATUS_OFFSET) / 4;
      if (!(Atomics.load(this.#words, statusWord) & BLOCK_IS_OURS)) break;
      frames += visit(start);
      Atomics.store(this.#words, statusWord, 0);
      this.#next = (this.#next + 1) % this.#memory.blocks;
    }
    this.#delivered += frames;
    return frames;
  }

  #drainUntilSeen(drain: () => void, deadlineMs: number): boolean {
    this.#readStatistics();
    const target = this.#seen - this.#dropped;
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      drain();
      if (this.#delivered >= target) return true;
      if (performance.now() >= deadline) return false;
      this.#awaitBlock();
    }
  }

  drops(): number {
    this.#readStatistics();
    return this.#dropped;
  }

  close(): void {
    if (this.#closed()) return;
    // Afterwards the memory is gone: a view into it would bring the process down.
    this.#bytes = new DataView(new ArrayBuffer(0));
    this.#words = new Int32Array(0);
    closeRing(this.#memory);
  }

  #closed(): boolean {
    return this.#words.length === 0;
  }

  /** PACKET_STATISTICS is set back by each reading; its first word counts dropped frames too. */
  #readStatistics(): void {
    if (this.#closed()) return;
    const [seen = 0, dropped = 0] = packetOption(this.#memory.fd, PACKET_OPTION.statistics, 3);
    this.#seen += seen;
    this.#dropped += dropped;
  }

  /** Sleep in poll(2) until a block is retired: `struct pollfd` is the descriptor and two 16-bit masks. */
  #awaitBlock(): void {
    try {
      callKernel('poll', 'a packet ring', Int32Array.of(this.#memory.fd, POLLIN), 1, RETIRE_AFTER_MS);
    } catch (refusal) {
      // A signal woke us: the caller looks at the ring and at its deadline again.
      if (!(refusal instanceof SyscallError && refusal.errno === 'EINTR')) throw refusal;
    }
  }
}
