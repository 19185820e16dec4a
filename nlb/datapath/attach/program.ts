import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { mapInfo } from '../../kernel/bpf-map.ts';
import { type BpfObject, loadObject } from '../../kernel/bpf-object.ts';
import { STRUCTS } from '../program/layout.ts';
import { counterRows, type FlowTable } from '../tables/counters.ts';
import { copyExceptions } from '../tables/exception-table.ts';
import { entriesOfFlows, regionsFor } from '../tables/flow-table-sizes.ts';
import { openLease } from '../tables/lease.ts';
import { isOurLayout } from '../tables/settings-table.ts';
import type { TableSizes } from '../tables/tables.ts';
import type { DatapathMode } from './attach.ts';
import type { Pins } from './pins.ts';

/** The tables in the kernel, new ones or those of an earlier run, and the programs that use them. */
export interface Loaded {
  adopted: boolean;
  /** Tables of another version were pinned, and have been replaced. */
  replacedVersion: boolean;
  /** Descriptor of a table, by its name in the program. */
  map(name: string): number;
  /** Descriptor of the program for that hook, which is loaded when it is first asked for. Throws SyscallError. */
  program(hook: Hook): number;
  /** Closes the descriptors. What is attached or pinned stays. */
  close(): void;
}

export type Hook = 'xdp' | 'tc';

export const hookOf = (mode: 'auto' | DatapathMode): Hook => (mode === 'tc' ? 'tc' : 'xdp');

const OBJECT_FILE = join(import.meta.dirname, '../program/datapath.bpf.o');
/** The tables, by their names in the program: those whose layout has the version, */
const VERSIONED_MAPS = [
  ...['settings', 'lease', 'servers', 'cluster_addresses', 'service_ids', 'services', 'selections'],
  ...[
    'flows',
    'entering',
    'affinities',
    'fragments',
    'unproven_fragments',
    'counters',
    'server_tallies',
    'service_tallies',
    'table_counts',
  ],
];
/** and those that came later, beside the others. Pinned tables without them are adopted, and get new ones. */
const LATER_MAPS = ['exceptions', 'exception_filter', 'held_frames'];
export const MAPS = [...VERSIONED_MAPS, ...LATER_MAPS];
/** Most entries of half-open connections and affinities: what is pushed out is mostly placed on the same server by its hash. */
const MOST_FLEETING = 65_536;
/** Datagrams whose fragments are in transit at one time. */
const MOST_DATAGRAMS = 16_384;

/**
 * Load the program of this version with the pinned tables, if these have this layout and the wanted sizes; otherwise with new
 * tables, which are pinned in their place. Throws SyscallError.
 */
export function loadProgram(pins: Pins, sizes: TableSizes, first: Hook): Loaded {
  const entries = entriesOf(sizes);
  const pinned = openPinnedMaps(pins);
  try {
    const adopted = isUsable(pinned, entries);
    const object = load(entries, adopted ? fitting(pinned, entries) : {}, first);
    if (adopted) replaceLater(pins, pinned, object, entries);
    else {
      carryLease(pinned, object);
      pinAnew(pins, object);
    }
    const replacedVersion = pinned.settings !== undefined && !isOurs(pinned);
    return { adopted, replacedVersion, ...withOthers(object, entries, first) };
  } finally {
    for (const fd of Object.values(pinned)) closeSync(fd);
  }
}

const load = (entries: Record<string, number>, reuse: Record<string, number>, hook: Hook): BpfObject =>
  loadObject({ file: OBJECT_FILE, entries, reuse, programs: [nameOf(hook)] });

const nameOf = (hook: Hook): string => `onevip_${hook}`;

/** All programs use the tables of the first object. */
function withOthers(
  object: BpfObject,
  entries: Record<string, number>,
  first: Hook,
): Omit<Loaded, 'adopted' | 'replacedVersion'> {
  const objects = new Map<Hook, BpfObject>([[first, object]]);
  const program = (hook: Hook): number => {
    const tables = Object.fromEntries(MAPS.map((name) => [name, object.map(name)]));
    const loaded = objects.get(hook) ?? load(entries, tables, hook);
    objects.set(hook, loaded);
    return loaded.program(nameOf(hook));
  };
  const close = (): void => {
    for (const each of objects.values()) each.close();
  };
  return { map: object.map, program, close };
}

/** How many entries each table has, by its name in the program, if not as compiled. */
export function entriesOf(sizes: TableSizes): Record<string, number> {
  const { maxServers, maxServices } = sizes;
  const most = maxEntries(sizes);
  return {
    servers: maxServers,
    cluster_addresses: maxServices,
    service_ids: withSpareBuckets(maxServices),
    services: maxServices,
    selections: maxServices,
    flows: entriesOfFlows(regionsFor(sizes)),
    affinities: most.affinities,
    fragments: most.fragments,
    unproven_fragments: most.unprovenFragments,
    exceptions: withSpareBuckets(Math.max(1, sizes.maxExceptions ?? 0)),
    held_frames: heldRingBytes(sizes),
    ...counterRows(sizes),
  };
}

/** A thousand records, and hardly any where nothing is held; but whole pages, also where these have 64 KiB. */
export const heldRingBytes = ({ maxExceptions = 0 }: Pick<TableSizes, 'maxExceptions'>): number =>
  maxExceptions > 0 ? 2 ** 21 : 2 ** 16;

const BUCKETS_FEW = 1.25;

/**
 * The size of a hash table for so many entries. The kernel makes as many buckets as the next power of two. If that is hardly more
 * than the entries, a look-up in vain mostly meets another entry, and waits for its memory; a size of one more than the power of
 * two makes twice the buckets.
 */
export function withSpareBuckets(entries: number): number {
  const buckets = 2 ** Math.ceil(Math.log2(entries));
  return buckets < BUCKETS_FEW * entries ? buckets + 1 : entries;
}

/** How many entries each flow table holds. */
export function maxEntries(sizes: Pick<TableSizes, 'maxConnections' | 'maxUdpFlows'>): Record<FlowTable, number> {
  const { maxConnections, maxUdpFlows } = sizes;
  const fleeting = Math.min(maxConnections, MOST_FLEETING);
  const fragments = Math.min(maxConnections, MOST_DATAGRAMS);
  return {
    connections: maxConnections,
    udpFlows: maxUdpFlows,
    halfOpen: fleeting,
    affinities: fleeting,
    fragments,
    unprovenFragments: fragments,
  };
}

function openPinnedMaps(pins: Pins): Record<string, number> {
  const found = MAPS.map((name) => [name, pins.openMap(name)]);
  return Object.fromEntries(found.filter(([, fd]) => fd !== undefined));
}

function isUsable(pinned: Record<string, number>, entries: Record<string, number>): boolean {
  return isOurs(pinned) && VERSIONED_MAPS.every((name) => hasSize(pinned[name], entries[name]));
}

const hasSize = (fd: number | undefined, entries: number | undefined): boolean =>
  fd !== undefined && (entries === undefined || mapInfo(fd).maxEntries === entries);

/** Without the later ones that have another size. */
const fitting = (pinned: Record<string, number>, entries: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(pinned).filter(([name, fd]) => hasSize(fd, entries[name])));

/** Exceptions are taken along; frames that are in the ring of an earlier size are lost. */
function replaceLater(
  pins: Pins,
  pinned: Record<string, number>,
  object: BpfObject,
  entries: Record<string, number>,
): void {
  for (const name of LATER_MAPS.filter((each) => !hasSize(pinned[each], entries[each]))) {
    const before = pinned[name];
    if (name === 'exceptions' && before !== undefined) copyExceptions(before, object.map(name));
    if (before !== undefined) pins.unpinMap(name);
    pins.pinMap(name, object.map(name));
  }
}

function isOurs({ settings, ...pinned }: Record<string, number>): boolean {
  const others = VERSIONED_MAPS.filter((name) => name !== 'settings');
  if (settings === undefined || others.some((name) => pinned[name] === undefined)) return false;
  return mapInfo(settings).valueSize === STRUCTS.settings.size && isOurLayout(settings);
}

/** New tables because of another size inherit the lease, so that the address is answered for meanwhile. */
function carryLease(pinned: Record<string, number>, object: BpfObject): void {
  if (!isOurs(pinned) || pinned.lease === undefined) return;
  const [before, after] = [openLease(pinned.lease), openLease(object.map('lease'))];
  const { answerUntilNs, forwardUntilNs } = before.get();
  after.set(answerUntilNs, forwardUntilNs);
  before.close();
  after.close();
}

function pinAnew(pins: Pins, object: BpfObject): void {
  pins.unpinMaps();
  for (const name of MAPS) pins.pinMap(name, object.map(name));
}
