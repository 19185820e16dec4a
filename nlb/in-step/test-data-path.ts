import type { HeldFlows } from '../datapath/held-flows.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import { type Flow, nameOfFlow, PROTOCOL } from '../datapath/specification/flow.ts';
import type { Exception } from '../datapath/specification/knowledge.ts';
import { type ConnectionNumbers, connectionOf } from '../datapath/tables/connection-numbers.ts';
import type { HeldFrame } from '../datapath/tables/held-ring.ts';

/** For tests: what the data path has for a pair in step, in the memory of this process. Nothing is forwarded. */
export interface TestDataPath {
  heldFlows: HeldFlows;
  /** By row of the pool. */
  rows: Map<number, Int32Array>;
  /** By name of the flow. */
  exceptions: Map<string, [Flow, Exception]>;
  ring: HeldFrame[];
  released: HeldFrame[];
  connections: Set<string>;
  /** What a walk finds. */
  live: ConnectionNumbers[];
}

const { SELECTION_SLOTS: SLOTS } = CONSTANTS;

/** A connection from that port of a client, to the web service. */
export const flowFrom = (port: number): Flow => ({
  protocol: PROTOCOL.tcp,
  source: '198.51.100.2' as Flow['source'],
  destination: '203.0.113.1' as Flow['destination'],
  sourcePort: port,
  destinationPort: 80,
});

export function openTestDataPath(): TestDataPath {
  const rows = new Map<number, Int32Array>();
  const exceptions = new Map<string, [Flow, Exception]>();
  const connections = new Set<string>();
  const live: ConnectionNumbers[] = [];
  const [ring, released]: [HeldFrame[], HeldFrame[]] = [[], []];
  const rowOf = (row: number): Int32Array => {
    const slots = rows.get(row) ?? new Int32Array(SLOTS).fill(-1);
    rows.set(row, slots);
    return slots;
  };
  const put = (flow: Flow, exception: Exception): unknown => exceptions.set(nameOfFlow(flow), [flow, exception]);
  const drop = (flow: Flow): unknown => exceptions.delete(nameOfFlow(flow));
  const heldFlows: HeldFlows = {
    putSlots: (row, slots) => {
      for (const { slot, content } of slots) rowOf(row)[slot] = content;
    },
    putRow: (row, slots) => rows.set(row, slots.slice()),
    readSlots: (row) => rowOf(row).slice(),
    readSlot: (row, slot) => rowOf(row)[slot] ?? -1,
    exceptions: {
      put,
      putAll: (some) => {
        for (const [flow, exception] of some) put(flow, exception);
      },
      drop,
      dropAll: (flows) => flows.forEach(drop),
      find: (flow) => exceptions.get(nameOfFlow(flow))?.[1],
      *list() {
        yield [...exceptions.values()];
      },
      size: () => exceptions.size,
      close: () => {},
    },
    frames: { fd: -1, take: (most) => ring.splice(0, most), close: () => {} },
    programsEnded: () => new Promise((resolve) => setImmediate(resolve)),
    *walk(isWanted = () => true) {
      yield live.filter(isWanted).map(connectionOf);
    },
    hasEntry: (flow) => connections.has(nameOfFlow(flow)),
    *forget() {
      connections.clear();
      yield;
    },
    release: (frame) => {
      released.push(frame);
      return true;
    },
  };
  return { heldFlows, rows, exceptions, ring, released, connections, live };
}
