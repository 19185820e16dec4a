import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { openPinned } from '../../kernel/bpf-link.ts';
import { macToOctets, octetsToMac } from '../../kernel/inet.ts';
import { mapMemory } from '../../kernel/memory-map.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import { STRUCTS } from '../program/layout.ts';
import type { Mac } from '../specification/address.ts';
import { directoryFor, FILES } from '../userspace/directory.ts';

/**
 * Until when the data path may answer for the NLBS address, and forward (clock.ts). Answering ends also for a machine that is
 * suspended meanwhile; forwarding has a clock that is nearly free, which a suspension stops.
 */
export interface LeaseTimes {
  /** Nanoseconds of CLOCK_BOOTTIME. */
  answerUntilNs: bigint;
  /** Nanoseconds of CLOCK_MONOTONIC. */
  forwardUntilNs: bigint;
}

/** How many beats of a kind have been let through since an instant. */
export interface Allowance {
  fromNs: bigint;
  passed: bigint;
}

export interface LeasePeer {
  /** Undefined while it is not known. */
  mac: Mac | undefined;
  /** The first eight octets of what names its start, in hexadecimal digits; undefined while none has proved itself. */
  boot: string | undefined;
  /** Of each path, that of strangers, and that of the start that has proved itself. */
  allowances: readonly Allowance[];
}

/** The lease, in memory that the data path reads, and shares with it: changing it is no system call. */
export interface Lease {
  /** Whatever it said before. */
  set(answerUntilNs: bigint, forwardUntilNs: bigint): void;
  /** Answering ends then; 0 gives the lease back. */
  answerUntil(ns: bigint): void;
  /** Change when forwarding ends, where that is still `from`. False where the data path has ended it meanwhile. */
  moveForwarding(from: bigint, to: bigint): boolean;
  get(): LeaseTimes;
  /** When the data path last saw the peer itself ask for the NLBS address, in nanoseconds of CLOCK_BOOTTIME; 0 for never. */
  peerAskedNs(): bigint;
  /** Who the peer is: its hardware address on the access subnet, by which alone its questions are believed. */
  namePeer(mac: string): void;
  /** What names the peer's start in its beats, 32 hexadecimal digits: of others few are let through. */
  expectBoot(boot: string): void;
  /** All of that, and how many beats have been let through of late. */
  peer(): LeasePeer;
  /** For a data path that is no BPF program: forwarding is over. */
  endForwarding(): void;
  /** Likewise: the peer has asked at that instant. */
  notePeerAsked(atNs: bigint): void;
  /** Likewise: so many beats have been let through. */
  noteAllowance(index: number, allowance: Allowance): void;
  /** The lease stays as it is. Afterwards everything else throws. */
  close(): void;
}

/**
 * The lease that an earlier life left with its data path, or undefined where there is none that can be read.
 * @param pinDirectory as for openDatapath()
 */
export function openPinnedLease(pinDirectory: string): Lease | undefined {
  const [pinned, ofFile] = [openBy(() => openPinned(join(pinDirectory, 'maps', 'lease'))), openLeaseFile(pinDirectory)];
  if (!pinned || !ofFile) return pinned ?? ofFile;
  // A life of another mode has left both, and both say the same, or one of them nothing.
  return pinned.get().answerUntilNs < ofFile.get().answerUntilNs ? ofFile : pinned;
}

/** Only that of a data path in user space. */
export function openLeaseFile(pinDirectory: string): Lease | undefined {
  return openBy(() => openExisting(join(directoryFor(pinDirectory), FILES.lease)));
}

function openBy(open: () => number | undefined): Lease | undefined {
  try {
    const fd = open();
    if (fd === undefined) return undefined;
    try {
      return openLease(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    // The place may lie in no BPF file system yet, or hold something else.
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

function openExisting(file: string): number | undefined {
  try {
    return openSync(file, 'r+');
  } catch {
    return undefined;
  }
}

const AT = STRUCTS.lease;
const ANSWER = AT.answerUntilNs / 8;
const FORWARD = AT.forwardUntilNs / 8;
const PEER_ASKED = AT.peerAskedNs / 8;
const PEER_MAC = AT.peerMac / 8;
const PEER_BOOT = AT.peerBoot / 8;
const ALLOWANCES = AT.allowances / 8;
const ALLOWANCE_WORDS = STRUCTS.allowance.size / 8;
/** Of each path two. */
const ALLOWANCE_COUNT = 4;

/** What it says at the moment. Throws SyscallError. */
export function readLease(fd: number): LeaseTimes {
  const lease = openLease(fd);
  try {
    return lease.get();
  } finally {
    lease.close();
  }
}

/** The first octets, as they lie in a frame. */
function wordFrom(octets: Uint8Array): bigint {
  const bytes = Buffer.alloc(8);
  bytes.set(octets.subarray(0, 8));
  return bytes.readBigUInt64LE(0);
}

function octetsOf(word: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(word);
  return bytes;
}

function peerIn(words: BigUint64Array): LeasePeer {
  const [mac, boot] = [Atomics.load(words, PEER_MAC), Atomics.load(words, PEER_BOOT)];
  const allowance = (index: number): Allowance => {
    const at = ALLOWANCES + index * ALLOWANCE_WORDS;
    return { fromNs: words[at] ?? 0n, passed: words[at + 1] ?? 0n };
  };
  return {
    mac: mac === 0n ? undefined : (octetsToMac(octetsOf(mac)) as Mac),
    boot: boot === 0n ? undefined : octetsOf(boot).toString('hex'),
    allowances: Array.from({ length: ALLOWANCE_COUNT }, (_, index) => allowance(index)),
  };
}

/** From `Datapath.leaseFd`, in whatever thread of the process. Throws SyscallError. */
export function openLease(fd: number): Lease {
  const memory = mapMemory(fd, AT.size);
  let words: BigUint64Array | undefined = new BigUint64Array(memory.buffer);
  const held = (): BigUint64Array => {
    if (!words) throw new Error('The lease is closed');
    return words;
  };
  return {
    set: (answerUntilNs, forwardUntilNs) => {
      Atomics.store(held(), ANSWER, answerUntilNs);
      Atomics.store(held(), FORWARD, forwardUntilNs);
    },
    get: () => ({ answerUntilNs: Atomics.load(held(), ANSWER), forwardUntilNs: Atomics.load(held(), FORWARD) }),
    answerUntil: (ns) => void Atomics.store(held(), ANSWER, ns),
    moveForwarding: (from, to) => Atomics.compareExchange(held(), FORWARD, from, to) === from,
    endForwarding: () => void Atomics.store(held(), FORWARD, 0n),
    peerAskedNs: () => Atomics.load(held(), PEER_ASKED),
    notePeerAsked: (atNs) => void Atomics.store(held(), PEER_ASKED, atNs),
    namePeer: (mac) => void Atomics.store(held(), PEER_MAC, wordFrom(macToOctets(mac))),
    expectBoot: (boot) => void Atomics.store(held(), PEER_BOOT, wordFrom(Buffer.from(boot, 'hex'))),
    peer: () => peerIn(held()),
    noteAllowance: (index, { fromNs, passed }) => {
      held()[ALLOWANCES + index * ALLOWANCE_WORDS] = fromNs;
      held()[ALLOWANCES + index * ALLOWANCE_WORDS + 1] = passed;
    },
    close: () => {
      if (words) memory.close();
      words = undefined;
    },
  };
}
