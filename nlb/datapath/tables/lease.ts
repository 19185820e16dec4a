import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { openPinned } from '../../kernel/bpf-link.ts';
import { macToOctets, octetsToMac } from '../../kernel/inet.ts';
import { mapMemory } from '../../kernel/memory-map.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import { markThisThread, THREAD_BITS } from '../../kernel/thread-life.ts';
import { STRUCTS } from '../program/layout.ts';
import type { Mac } from '../specification/address.ts';
import { directoryFor, FILES } from '../userspace/directory.ts';

/**
 * Until when the data path may answer for the NLBS address, and may forward (clock.ts). Answering ends also during a suspension of
 * the machine; forwarding uses a clock that costs next to nothing, and that a suspension stops.
 */
export interface LeaseTimes {
  /** Nanoseconds of CLOCK_BOOTTIME. */
  answerUntilNs: bigint;
  /** Nanoseconds of CLOCK_MONOTONIC. */
  forwardUntilNs: bigint;
}

/** How many beats were let through since an instant. */
export interface Allowance {
  fromNs: bigint;
  passed: bigint;
}

export interface LeasePeer {
  /** Undefined while it is not known. */
  mac: Mac | undefined;
  /** The first eight octets of its boot, in hexadecimal digits; undefined while no boot is verified. */
  boot: string | undefined;
  /** For each path: that of unverified boots, and that of the verified one. */
  allowances: readonly Allowance[];
  /** The daemon's thread that beats has not ended: a frozen daemon lives, a killed one does not. */
  daemonLives: boolean;
}

/** The lease page, in memory shared with the data path: changing it takes no system call. */
export interface Lease {
  /** Set both, whatever they were. */
  set(answerUntilNs: bigint, forwardUntilNs: bigint): void;
  /** Answering ends then; 0 gives the lease back. */
  answerUntil(ns: bigint): void;
  /** Change when forwarding ends, if that is still `from`. False if the data path has ended it meanwhile. */
  moveForwarding(from: bigint, to: bigint): boolean;
  get(): LeaseTimes;
  /** When the data path last saw the peer itself ask for the NLBS address, in nanoseconds of CLOCK_BOOTTIME; 0 for never. */
  peerAskedNs(): bigint;
  /** The peer's hardware address on the access subnet: only ARP from there is believed. */
  namePeer(mac: string): void;
  /** The peer's verified boot, 32 hexadecimal digits: of other boots only few beats are let through. */
  expectBoot(boot: string): void;
  /** From now on the daemon is the calling thread, for the data path: it lives as long. Throws SyscallError. */
  liveWithThisThread(): void;
  /** The peer, and how many beats were let through recently. */
  peer(): LeasePeer;
  /** Called by the data path in user space: forwarding ends. */
  endForwarding(): void;
  /** Likewise: the peer asked at that instant. */
  notePeerAsked(atNs: bigint): void;
  /** Likewise: so many beats were let through. */
  noteAllowance(index: number, allowance: Allowance): void;
  /** Does not change the lease. Afterwards every other method throws. */
  close(): void;
}

/**
 * The lease that an earlier run left with its data path; undefined if there is none that can be read.
 * @param pinDirectory as for openDatapath()
 */
export function openPinnedLease(pinDirectory: string): Lease | undefined {
  const [pinned, ofFile] = [openBy(() => openPinned(join(pinDirectory, 'maps', 'lease'))), openLeaseFile(pinDirectory)];
  if (!pinned || !ofFile) return pinned ?? ofFile;
  // An earlier run has changed its mode and left both: they are equal, or one is zero.
  return pinned.get().answerUntilNs < ofFile.get().answerUntilNs ? ofFile : pinned;
}

/** The lease of a data path in user space only. */
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
    // The directory may be in no BPF file system yet, or hold something else.
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
const DAEMON_THREAD = AT.daemonThread / 4;
const ALLOWANCES = AT.allowances / 8;
const ALLOWANCE_WORDS = STRUCTS.allowance.size / 8;
/** Two for each path. */
const ALLOWANCE_COUNT = 4;

/** The lease as it is now. Throws SyscallError. */
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
    daemonLives: (Atomics.load(new Int32Array(words.buffer), DAEMON_THREAD) & THREAD_BITS) !== 0,
  };
}

/** From `Datapath.leaseFd`, in any thread of the process. Throws SyscallError. */
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
    liveWithThisThread: () => {
      held();
      markThisThread(memory, AT.daemonThread);
    },
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
