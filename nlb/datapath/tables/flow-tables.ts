import { mapMemory } from '../../kernel/memory-map.ts';
import { STRUCTS } from '../program/layout.ts';
import { type FlowRows, flowRows, HALF_OPEN_ROWS, PROVEN_ROWS } from './flow-table.ts';
import { entriesOfFlows, type FlowRegion, type FlowRegions } from './flow-table-sizes.ts';

/** The tables of flows of a program in the kernel. */
export interface FlowTableRows {
  connections: FlowRows;
  udpFlows: FlowRows;
  halfOpen: Record<'tcp' | 'udp', FlowRows>;
  /** Half-open connections first: a walk then misses none that moves. */
  all: FlowRows[];
  close(): void;
}

/**
 * Throws SyscallError.
 * @param fd descriptor of the array of flows
 * @param seed of its hash
 */
export function openFlowTables(fd: number, regions: FlowRegions, seed: bigint): FlowTableRows {
  const memory = mapMemory(fd, entriesOfFlows(regions) * STRUCTS.flowGroup.size);
  const rowsOf = (region: FlowRegion, perGroup: number): FlowRows => flowRows(memory.buffer, region, perGroup, seed);
  const { proven } = regions;
  const [connections, udpFlows] = [rowsOf(proven.tcp, PROVEN_ROWS), rowsOf(proven.udp, PROVEN_ROWS)];
  const halfOpen = {
    tcp: rowsOf(regions.halfOpen.tcp, HALF_OPEN_ROWS),
    udp: rowsOf(regions.halfOpen.udp, HALF_OPEN_ROWS),
  };
  return {
    connections,
    udpFlows,
    halfOpen,
    all: [halfOpen.tcp, halfOpen.udp, connections, udpFlows],
    close: () => memory.close(),
  };
}
