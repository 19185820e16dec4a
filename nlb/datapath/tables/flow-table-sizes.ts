import { CONSTANTS } from '../program/layout.ts';
import type { TableSizes } from './tables.ts';

const { GROUP_ROWS, LINE_ROWS } = CONSTANTS;
/**
 * Connections that a table is configured for, for each group of eight rows: of so many, one in 567 then finds the rows of its group taken
 * by others; of half as many, one in 46,000.
 */
const PROVEN_OF_GROUP = 3;
/** And for each group of two rows for half-open ones: of a million first packets a second, 99.2 % survive 65 ms and 97 % survive 130 ms. */
const PROVEN_OF_HALF_OPEN_GROUP = 2;
const HALF_OPEN_GROUPS_OF_ENTRY = GROUP_ROWS / LINE_ROWS;

/** A part of the array of flows. */
export interface FlowRegion {
  /** Its first entry. */
  first: number;
  /** Of an entry each, or, for half-open connections, of a cache line each. */
  groups: number;
}

export interface FlowRegions {
  proven: Record<'tcp' | 'udp', FlowRegion>;
  halfOpen: Record<'tcp' | 'udp', FlowRegion>;
}

export function regionsFor({
  maxConnections,
  maxUdpFlows,
}: Pick<TableSizes, 'maxConnections' | 'maxUdpFlows'>): FlowRegions {
  const groups = (flows: number, each: number): number => Math.max(1, Math.ceil(flows / each));
  const sizes = [maxConnections, maxUdpFlows] as const;
  const [tcp, udp] = sizes.map((flows) => groups(flows, PROVEN_OF_GROUP)) as [number, number];
  const [halfTcp, halfUdp] = sizes.map((flows) => groups(flows, PROVEN_OF_HALF_OPEN_GROUP)) as [number, number];
  return regionsOfGroups({ tcp, udp }, { tcp: halfTcp, udp: halfUdp });
}

/** The regions of so many groups, one after the other. */
export function regionsOfGroups(
  proven: Record<'tcp' | 'udp', number>,
  halfOpen: Record<'tcp' | 'udp', number>,
): FlowRegions {
  const firstHalfOpen = proven.tcp + proven.udp;
  return {
    proven: { tcp: { first: 0, groups: proven.tcp }, udp: { first: proven.tcp, groups: proven.udp } },
    halfOpen: {
      tcp: { first: firstHalfOpen, groups: halfOpen.tcp },
      udp: { first: firstHalfOpen + halfOpenEntries(halfOpen.tcp), groups: halfOpen.udp },
    },
  };
}

/** Entries of the whole array. */
export const entriesOfFlows = ({ halfOpen }: FlowRegions): number =>
  halfOpen.udp.first + halfOpenEntries(halfOpen.udp.groups);

const halfOpenEntries = (groups: number): number => Math.ceil(groups / HALF_OPEN_GROUPS_OF_ENTRY);
