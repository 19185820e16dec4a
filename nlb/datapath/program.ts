import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { mapInfo } from '../kernel/bpf-map.ts';
import { type BpfObject, loadObject } from '../kernel/bpf-object.ts';
import { counterRows } from './counters.ts';
import { STRUCTS } from './layout.ts';
import { openLease } from './lease.ts';
import type { Pins } from './pins.ts';
import { isOurLayout } from './settings-table.ts';
import type { TableSizes } from './tables.ts';

/** The programs in the kernel, with tables that are new or those of an earlier life. */
export interface Loaded {
  object: BpfObject;
  adopted: boolean;
}

const OBJECT_FILE = join(import.meta.dirname, 'datapath.bpf.o');
/** The tables, by their names in the program. */
export const MAPS = [
  ...['settings', 'lease', 'servers', 'clusters', 'service_ids', 'services', 'selections'],
  ...['connections', 'embryos', 'affinities', 'fragments', 'counters', 'server_tallies', 'service_tallies'],
];
/** What need not hold a whole table of connections: what it pushes out is mostly found again by its hash. */
const MOST_FLEETING = 65_536;
/** Datagrams whose fragments are on their way at one time. */
const MOST_DATAGRAMS = 16_384;

/**
 * Load the programs, always those of this version, onto the tables that are pinned where these have our layout and the
 * wanted sizes, otherwise onto new tables, which are pinned in their place. Throws KernelRefusal.
 */
export function loadProgram(pins: Pins, sizes: TableSizes): Loaded {
  const entries = entriesOf(sizes);
  const pinned = openPinnedMaps(pins);
  try {
    const adopted = isUsable(pinned, entries);
    const object = loadObject({ file: OBJECT_FILE, entries, reuse: adopted ? pinned : {} });
    if (!adopted) {
      carryLease(pinned, object);
      pinAnew(pins, object);
    }
    return { object, adopted };
  } finally {
    for (const fd of Object.values(pinned)) closeSync(fd);
  }
}

/** How many entries each table has, by its name in the program, where that is not what was compiled in. */
export function entriesOf(sizes: TableSizes): Record<string, number> {
  const { maxConnections, maxServers, maxServices } = sizes;
  const fleeting = Math.min(maxConnections, MOST_FLEETING);
  return {
    servers: maxServers,
    clusters: maxServices,
    service_ids: maxServices,
    services: maxServices,
    selections: maxServices,
    connections: maxConnections,
    embryos: fleeting,
    affinities: fleeting,
    fragments: Math.min(maxConnections, MOST_DATAGRAMS),
    ...counterRows(sizes),
  };
}

function openPinnedMaps(pins: Pins): Record<string, number> {
  const found = MAPS.map((name) => [name, pins.openMap(name)]);
  return Object.fromEntries(found.filter(([, fd]) => fd !== undefined));
}

function isUsable(pinned: Record<string, number>, entries: Record<string, number>): boolean {
  if (!isOurs(pinned)) return false;
  return Object.entries(entries).every(([name, count]) => mapInfo(pinned[name] ?? -1).maxEntries === count);
}

function isOurs({ settings, ...pinned }: Record<string, number>): boolean {
  if (settings === undefined || MAPS.some((name) => name !== 'settings' && pinned[name] === undefined)) return false;
  return mapInfo(settings).valueSize === STRUCTS.settings.size && isOurLayout(settings);
}

/** Tables of another size are made anew; the address goes on being answered for while that is so. */
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
