import { dropEntry, mapInfo, walkBatches } from '../../kernel/bpf-map.ts';
import { STRUCTS } from '../program/layout.ts';
import { removeConnections } from './expire.ts';
import type { FlowRows } from './flow-table.ts';
import type { FlowTableRows } from './flow-tables.ts';
import type { Recount } from './recount.ts';

interface TablesToForget {
  flows: Pick<FlowTableRows, 'connections' | 'udpFlows' | 'halfOpen'>;
  /** Descriptor of the table of affinities. */
  affinities: number;
  /** Begun before. */
  recount: Recount;
}

const { affinityKey: CLIENT, affinity: AFFINITY } = STRUCTS;
/** Of rows that are all in use and all removed: four times as long a row as in a pass of expiry. */
const STEP_GROUPS = 512;
/** Far more than one bucket of the table of affinities has. */
const STEP_CLIENTS = 2048;

/**
 * Remove all connections, half-open ones and affinities, in steps of a few milliseconds, and correct the counts of active connections.
 * What enters meanwhile may stay, so nothing must be forwarded. Half-open connections first, because they move to the proven ones.
 * Throws SyscallError.
 */
export function* forgetConnections({ flows, affinities, recount }: TablesToForget): Generator<void> {
  for (const rows of [flows.halfOpen.tcp, flows.halfOpen.udp]) yield* freeAll(rows);
  yield* removeConnections({ ...flows, recount }, () => true, STEP_GROUPS);
  yield* dropClients(affinities);
}

/** Half-open connections are in no count. */
function* freeAll(rows: FlowRows): Generator<void> {
  const stepGroups = 4 * STEP_GROUPS;
  for (let group = 0; group < rows.groups; group += stepGroups) {
    const used = rows.used(group, stepGroups);
    for (const row of used) {
      const found = rows.look(row);
      if (found && rows.free(row, found.last)) rows.tidy(row);
    }
    yield;
  }
}

function* dropClients(fd: number): Generator<void> {
  const chunk = Math.min(mapInfo(fd).maxEntries, STEP_CLIENTS);
  for (const { count, keys } of walkBatches(fd, CLIENT.size, AFFINITY.size, chunk)) {
    for (let index = 0; index < count; index++)
      dropEntry(fd, keys.subarray(index * CLIENT.size, (index + 1) * CLIENT.size));
    yield;
  }
}
