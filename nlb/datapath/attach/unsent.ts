import { closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTracing, programTag } from '../../kernel/bpf-link.ts';
import { createArray, getEntry, indexKey, putEntry } from '../../kernel/bpf-map.ts';
import { type BpfObject, loadObject } from '../../kernel/bpf-object.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import type { BpfMode } from './attach.ts';
import type { Pins } from './pins.ts';
import type { Loaded } from './program.ts';

/** Frames that were counted as forwarded and did not leave, since the tables were made; or why they are not counted. */
export type Unsent = { packets: bigint } | { why: string };

/** The program that counts them, attached and pinned: it outlives the daemon, as the data path does. */
export interface UnsentCounter {
  /** Listen to the events of that mode only: each listener costs time also for others on the machine. */
  follow(mode: BpfMode): void;
  read(): Unsent;
  close(): void;
}

const OBJECT_FILE = join(import.meta.dirname, '../program/unsent.bpf.o');
const TABLE = 'unsent';
/** Its rows, as in unsent.bpf.c. */
const [FRAMES, NAMESPACE, ROWS] = [0, 1, 2];
const ROW_BYTES = 8;

type Hook = 'xdp' | 'tc';
/** The programs in unsent.bpf.c, by the hook whose redirects they watch. */
const PROGRAMS: Record<Hook, readonly string[]> = {
  xdp: ['refused_to_xdp', 'given_away_by_xdp', 'queue_stopped_to_xdp'],
  tc: ['thrown_away_by_tc'],
};

/**
 * Once it follows a mode, it listens to the kernel's events of failed redirects. It adopts what an earlier run has attached, if the
 * tables were adopted. If the kernel refuses, only this number is missing. Throws SyscallError if it refuses memory.
 */
export function openUnsent(pins: Pins, loaded: Loaded): UnsentCounter {
  const table = openTable(pins, loaded.adopted);
  putEntry(table, indexKey(NAMESPACE), word(ownNamespace()));
  let [hook, why]: [Hook?, string?] = [];
  return {
    follow: (mode) => {
      const next = mode === 'tc' ? 'tc' : 'xdp';
      if (next === hook) return;
      hook = next;
      why = listen(pins, next, { settings: loaded.map('settings'), [TABLE]: table });
    },
    read: () => {
      if (why !== undefined) return { why };
      return { packets: getEntry(table, indexKey(FRAMES), ROW_BYTES)?.readBigUInt64LE(0) ?? 0n };
    },
    close: () => closeSync(table),
  };
}

/** Detach all listeners. */
export function dropTracings(pins: Pins): void {
  for (const name of pins.tracings()) pins.dropTracing(name);
}

/** The counter of an earlier run or, with new tables, a new one; listeners that count in the old one are detached. */
function openTable(pins: Pins, adopted: boolean): number {
  const pinned = adopted ? pins.openMap(TABLE) : undefined;
  if (pinned !== undefined) return pinned;
  dropTracings(pins);
  const table = createArray(TABLE, ROW_BYTES, ROWS);
  pins.pinMap(TABLE, table);
  return table;
}

/** @returns why the kernel refused, if it did: half of the events would be half of the number */
function listen(pins: Pins, hook: Hook, reuse: Record<string, number>): string | undefined {
  try {
    const object = loadObject({ file: OBJECT_FILE, entries: {}, reuse, programs: PROGRAMS[hook] });
    try {
      putTracings(pins, PROGRAMS[hook], object);
    } finally {
      object.close();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    dropTracings(pins);
    return error.message.split('\n')[0];
  }
}

/** A pin's name has the kernel's digest of the program: the same program stays attached, so no frame is counted twice or missed. */
function putTracings(pins: Pins, names: readonly string[], object: BpfObject): void {
  const wanted = new Map(names.map((name) => [`${name}-${programTag(object.program(name))}`, object.program(name)]));
  const there = pins.tracings();
  for (const name of there) if (!wanted.has(name)) pins.dropTracing(name);
  for (const [name, program] of wanted) if (!there.includes(name)) pins.keepTracing(name, createTracing(program, name));
}

/** The number by which the kernel knows this network namespace. */
const ownNamespace = (): number => statSync('/proc/self/ns/net').ino;

const word = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
