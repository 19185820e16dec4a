import { closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTracing, programTag } from '../../kernel/bpf-link.ts';
import { createArray, getEntry, indexKey, putEntry } from '../../kernel/bpf-map.ts';
import { type BpfObject, loadObject } from '../../kernel/bpf-object.ts';
import { KernelRefusal } from '../../kernel/refusal.ts';
import type { BpfMode } from './attach.ts';
import type { Pins } from './pins.ts';
import type { Loaded } from './program.ts';

/** Frames that were counted as forwarded and did not leave, since the tables were made; or why they are not counted. */
export type Unsent = { packets: bigint } | { why: string };

/** The program that counts them, attached and pinned: it outlives the daemon, as the data path does. */
export interface UnsentCounter {
  read(mode: BpfMode): Unsent;
  close(): void;
}

const OBJECT_FILE = join(import.meta.dirname, '../program/unsent.bpf.o');
const TABLE = 'unsent';
/** Its rows, as in unsent.bpf.c. */
const [FRAMES, NAMESPACE, ROWS] = [0, 1, 2];
const ROW_BYTES = 8;

type Hook = 'xdp' | 'tc';
/** The programs in unsent.bpf.c, by the hook behind which they listen. */
const PROGRAMS: Record<Hook, readonly string[]> = {
  xdp: ['refused_to_xdp', 'given_away_by_xdp', 'queue_stopped_to_xdp'],
  tc: ['thrown_away_by_tc'],
};

/**
 * Listen to what the kernel says of redirects that came to nothing, for all modes, because the mode may change. Goes on with what
 * an earlier life has attached, if its tables go on. A kernel that refuses costs the number alone. Throws KernelRefusal where
 * it refuses memory.
 */
export function openUnsent(pins: Pins, loaded: Loaded): UnsentCounter {
  const table = openTable(pins, loaded.adopted);
  putEntry(table, indexKey(NAMESPACE), word(ownNamespace()));
  const reuse = { settings: loaded.map('settings'), [TABLE]: table };
  const refused = { xdp: listen(pins, 'xdp', reuse), tc: listen(pins, 'tc', reuse) };
  return {
    read: (mode) => {
      const why = refused[mode === 'tc' ? 'tc' : 'xdp'];
      if (why !== undefined) return { why };
      return { packets: getEntry(table, indexKey(FRAMES), ROW_BYTES)?.readBigUInt64LE(0) ?? 0n };
    },
    close: () => closeSync(table),
  };
}

/** Nobody listens any more. */
export function dropTracings(pins: Pins): void {
  for (const name of pins.tracings()) pins.dropTracing(name);
}

/** That of an earlier life or, with new tables, a new one; what is attached then still counts in the old one, so it goes. */
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
      for (const name of PROGRAMS[hook]) putTracing(pins, name, object);
    } finally {
      object.close();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof KernelRefusal)) throw error;
    for (const name of PROGRAMS[hook]) dropVersions(pins, name);
    return error.message.split('\n')[0];
  }
}

/** The pin's name has the kernel's digest of the program: one that is the same goes on, so that no frame is counted twice or missed. */
function putTracing(pins: Pins, name: string, object: BpfObject): void {
  const program = object.program(name);
  const pinName = `${name}-${programTag(program)}`;
  if (pins.tracings().includes(pinName)) return;
  dropVersions(pins, name);
  pins.keepTracing(pinName, createTracing(program, name));
}

function dropVersions(pins: Pins, name: string): void {
  for (const pinName of pins.tracings()) if (pinName.startsWith(`${name}-`)) pins.dropTracing(pinName);
}

/** The number by which the kernel knows this network namespace. */
const ownNamespace = (): number => statSync('/proc/self/ns/net').ino;

const word = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
