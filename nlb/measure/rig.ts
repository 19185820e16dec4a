import { join } from 'node:path';
import { getEntry, indexKey, putEntry } from '../kernel/bpf-map.ts';
import { type BpfObject, loadObject } from '../kernel/bpf-object.ts';
import { runProgram } from '../kernel/bpf-test-run.ts';
import { macToOctets } from '../kernel/inet.ts';
import { possibleCpus } from '../kernel/libbpf.ts';
import { mapMemory } from '../kernel/memory-map.ts';
import { SyscallError } from '../kernel/syscall-error.ts';
import { type AddressPair, FIRST_CLIENT } from './frames.ts';

/** The programs that the data path is measured with (rig.bpf.c). */
const OBJECT_FILE = join(import.meta.dirname, '../datapath/program/rig.bpf.o');
/** struct stream. */
const STREAM = { size: 40, made: 0, flows: 8, packetsPerFlow: 12, source: 16, ifindex: 20, to: 24, from: 30 } as const;
/** Rows of the table of arrivals for each CPU: one for each server, and the last for frames to no server. */
const SERVER_ROWS = 256;
const ARRIVAL_ROWS = SERVER_ROWS + 1;

/** Frames that a program makes by itself. */
export interface Stream extends AddressPair {
  /** How many flows, round-robin. */
  flows: number;
  /** Consecutive frames of a flow; with TCP the first is a SYN. */
  packetsPerFlow: number;
  /** IPv4 address of the first client, as a number. */
  source?: number;
  /** Interface to send them on. */
  ifindex?: number;
}

/**
 * Throws SyscallError.
 * @param flows that the least forwarder can remember
 */
export function loadRig(flows = 1): BpfObject {
  const entries = { arrivals: ARRIVAL_ROWS * possibleCpus(), hops: flows };
  return loadObject({ file: OBJECT_FILE, entries, reuse: {} });
}

/** struct hop. */
const HOP = { size: 16, mac: 0, ownMac: 6, ifindex: 12 } as const;

/** The next hop of the least forwarder's new flows: that server, by that interface. Throws SyscallError. */
export function setNewHop(rig: BpfObject, { to, from }: AddressPair, ifindex: number): void {
  const value = Buffer.alloc(HOP.size);
  value.set(macToOctets(to), HOP.mac);
  value.set(macToOctets(from), HOP.ownMac);
  value.writeUInt32LE(ifindex, HOP.ifindex);
  putEntry(rig.map('new_hop'), indexKey(0), value);
}

/** Throws SyscallError. */
export function setStream(rig: BpfObject, stream: Stream): void {
  const value = Buffer.alloc(STREAM.size);
  value.writeUInt32LE(stream.flows, STREAM.flows);
  value.writeUInt32LE(stream.packetsPerFlow, STREAM.packetsPerFlow);
  value.writeUInt32LE(stream.source ?? FIRST_CLIENT, STREAM.source);
  value.writeUInt32LE(stream.ifindex ?? 0, STREAM.ifindex);
  value.set(macToOctets(stream.to), STREAM.to);
  value.set(macToOctets(stream.from), STREAM.from);
  putEntry(rig.map('stream'), indexKey(0), value);
}

/**
 * Run the stream's program until so many frames are made. `make` runs it so often in one system call; if a signal ends that early
 * (EINTR), the rest is made by another call. Throws SyscallError.
 * @param stream descriptor of the rig's table of that name
 */
export function makeFrames(stream: number, frames: number, make: (frames: number) => void): void {
  for (;;) {
    const made = getEntry(stream, indexKey(0), STREAM.size)?.readBigUInt64LE(STREAM.made) ?? 0n;
    if (Number(made) >= frames) return;
    try {
      make(frames - Number(made));
    } catch (error) {
      if (!(error instanceof SyscallError) || error.errno !== 'EINTR') throw error;
    }
  }
}

/** Run an XDP program once on each frame of the stream: a million take some tenths of a second. Throws SyscallError. */
export function feedStream(rig: BpfObject, program: number, stream: Stream, frame: Uint8Array, ifindex: number): void {
  setStream(rig, stream);
  putEntry(rig.map('measured'), indexKey(0), indexKey(program));
  const feed = (repeat: number): unknown => runProgram(rig.program('feed'), { frame, ifindex, hook: 'xdp', repeat });
  makeFrames(rig.map('stream'), stream.flows * stream.packetsPerFlow, feed);
}

/** Frames that the sink has seen since it was loaded. */
export interface Arrivals {
  /** By the last octet of the server's hardware address. */
  servers: number[];
  /** To a hardware address that is no server's. */
  others: number;
}

/** Reads them from memory, without a system call. Opening it throws SyscallError. */
export function openArrivals(rig: BpfObject): { read(): Arrivals; close(): void } {
  const processors = possibleCpus();
  const memory = mapMemory(rig.map('arrivals'), processors * ARRIVAL_ROWS * BigUint64Array.BYTES_PER_ELEMENT);
  const words = new BigUint64Array(memory.buffer);
  const sum = (row: number): number =>
    Array.from({ length: processors }, (_, cpu) => Number(words[cpu * ARRIVAL_ROWS + row])).reduce((a, b) => a + b);
  return {
    read: () => ({ servers: Array.from({ length: SERVER_ROWS }, (_, row) => sum(row)), others: sum(SERVER_ROWS) }),
    close: () => memory.close(),
  };
}
