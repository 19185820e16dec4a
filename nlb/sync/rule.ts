import { type FlowName, type LogRecord, MOST_SLOTS, type ServerName, type Skipped } from './records.ts';

/**
 * Where a flow goes: to its exception's server if there is one, else to the server in its slot.
 *
 *     Rule(flow) = E[flow] ?? R[slot of flow]
 *
 * All of it that two nodes must agree on is here, so that a standby which has applied the same records gives the same answer.
 */
export interface Rule {
  /** R: what is committed of each pool's selection. */
  selections: Selections;
  /** E. */
  exceptions: Map<FlowName, ServerName>;
}

/** A slot of a node: row of the pool × slots of a pool + slot. Rows are in the order in which the node met the pools. */
export type SlotNumber = number;

/** R, in two octets a slot. */
export interface Selections {
  slotOf(pool: string, slot: number): SlotNumber;
  /** The pool, and the slot in it. */
  positionOf(slot: SlotNumber): { pool: string; slot: number };
  serverAt(slot: SlotNumber): ServerName | undefined;
  put(slot: SlotNumber, server: ServerName | undefined): void;
  /** All that have, or have had, some slot. */
  servers(): readonly ServerName[];
  /** The slots that the server has. */
  slotsWith(server: ServerName): SlotNumber[];
  /** All slots of pools that were met. */
  slots(): Iterable<SlotNumber>;
}

const NOBODY = 0xffff;

/** @param perPool how many slots each pool has */
function openSelections(perPool: number): Selections {
  const [pools, rows, rowNumbers]: [string[], Uint16Array[], Map<string, number>] = [[], [], new Map()];
  const [servers, serverNumbers]: [ServerName[], Map<ServerName, number>] = [[], new Map()];
  const numberOf = (server: ServerName): number => {
    const known = serverNumbers.get(server);
    if (known !== undefined) return known;
    serverNumbers.set(server, servers.length);
    return servers.push(server) - 1;
  };
  const rowOf = (pool: string): number => {
    const known = rowNumbers.get(pool);
    if (known !== undefined) return known;
    rows.push(new Uint16Array(perPool).fill(NOBODY));
    rowNumbers.set(pool, pools.length);
    return pools.push(pool) - 1;
  };
  return {
    slotOf: (pool, slot) => rowOf(pool) * perPool + slot,
    positionOf: (slot) => ({ pool: pools[Math.floor(slot / perPool)] ?? '', slot: slot % perPool }),
    serverAt: (slot) => servers[rows[Math.floor(slot / perPool)]?.[slot % perPool] ?? NOBODY],
    put: (slot, server) => {
      const row = rows[Math.floor(slot / perPool)];
      if (row) row[slot % perPool] = server === undefined ? NOBODY : numberOf(server);
    },
    servers: () => servers,
    slotsWith: (server) => {
      const number = serverNumbers.get(server);
      return number === undefined ? [] : rows.flatMap((slots, row) => indicesOf(slots, number, row * perPool));
    },
    slots: () => new Array(pools.length * perPool).keys(),
  };
}

/** Where the number stands, each plus `from`. */
function indicesOf(slots: Uint16Array, number: number, from: number): number[] {
  const found: number[] = [];
  for (let at = slots.indexOf(number); at >= 0; at = slots.indexOf(number, at + 1)) found.push(from + at);
  return found;
}

export const emptyRule = (perPool: number): Rule => ({ selections: openSelections(perPool), exceptions: new Map() });

/** Where the rule sends a flow of that slot. */
export const answer = ({ selections, exceptions }: Rule, flow: FlowName, slot: SlotNumber): ServerName | undefined =>
  exceptions.get(flow) ?? selections.serverAt(slot);

/** Let the rule say what the record says. */
export function apply({ selections, exceptions }: Rule, record: LogRecord | Skipped): void {
  switch (record.type) {
    case 'set':
      for (const slot of record.slots) selections.put(selections.slotOf(record.pool, slot), record.server);
      return;
    case 'add':
      exceptions.set(record.flow, record.server);
      return;
    case 'del':
      exceptions.delete(record.flow);
  }
}

/** The records that make this rule out of an empty one: one for 512 slots of a server of a pool, one for each exception. Never none. */
export function snapshotOf({ selections, exceptions }: Rule): LogRecord[] {
  const sets = setRecords([...selections.slots()], selections, (slot) => selections.serverAt(slot));
  return [...sets, ...Array.from(exceptions, ([flow, server]): LogRecord => ({ type: 'add', flow, server }))];
}

type SetRecord = Extract<LogRecord, { type: 'set' }>;

/** The fewest records that set these slots. @param most slots of one */
export function setRecords(
  slots: readonly SlotNumber[],
  selections: Selections,
  serverFor: (slot: SlotNumber) => ServerName | undefined,
  most = MOST_SLOTS,
): SetRecord[] {
  const records = new Map<string, Map<ServerName | undefined, SetRecord>>();
  const all: SetRecord[] = [];
  for (const number of slots) {
    const { pool, slot } = selections.positionOf(number);
    const server = serverFor(number);
    const ofPool = records.get(pool) ?? new Map<ServerName | undefined, SetRecord>();
    records.set(pool, ofPool);
    const record = ofPool.get(server);
    if (record && record.slots.length < most) record.slots.push(slot);
    else {
      const next: SetRecord = { type: 'set', pool, slots: [slot], server };
      ofPool.set(server, next);
      all.push(next);
    }
  }
  return all;
}
