import { mapMemory } from '../../kernel/memory-map.ts';
import { STRUCTS } from '../program/layout.ts';
import { type FlowRows, flowRows, type GroupPart, HALF_OPEN, PROVEN } from './flow-table.ts';
import { type FlowRegion, type FlowRegions, groupsOf } from './flow-table-sizes.ts';

/** The tables of flows of a program in the kernel. */
export interface FlowTableRows {
  connections: FlowRows;
  udpFlows: FlowRows;
  halfOpen: Record<keyof FlowRegions, FlowRows>;
  /** Those of proven connections first. */
  all: FlowRows[];
  close(): void;
}

/**
 * Throws SyscallError.
 * @param fd descriptor of the array of flows
 * @param seed of its hash
 */
export function openFlowTables(fd: number, { tcp, udp }: FlowRegions, seed: bigint): FlowTableRows {
  const memory = mapMemory(fd, groupsOf({ tcp, udp }) * STRUCTS.flowGroup.size);
  const rowsOf = (region: FlowRegion, part: GroupPart): FlowRows => flowRows(memory.buffer, region, part, seed);
  const [connections, udpFlows] = [rowsOf(tcp, PROVEN), rowsOf(udp, PROVEN)];
  const halfOpen = { tcp: rowsOf(tcp, HALF_OPEN), udp: rowsOf(udp, HALF_OPEN) };
  return {
    connections,
    udpFlows,
    halfOpen,
    all: [connections, udpFlows, halfOpen.tcp, halfOpen.udp],
    close: () => memory.close(),
  };
}
