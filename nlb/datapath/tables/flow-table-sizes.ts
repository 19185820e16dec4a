import { CONSTANTS } from '../program/layout.ts';
import type { TableSizes } from './tables.ts';

/**
 * Rows for each connection that a table is configured for, before its number is taken up to a power of two: of so many, one in
 * 420 then finds the rows of its group taken by others; of half as many, one in 13,500.
 */
const ROWS_PER_FLOW = 4;

/** The part of the array of flows that is for one protocol. */
export interface FlowRegion {
  /** Its first group. */
  first: number;
  /** A power of two. */
  groups: number;
}

export type FlowRegions = Record<'tcp' | 'udp', FlowRegion>;

export function regionsFor({
  maxConnections,
  maxUdpFlows,
}: Pick<TableSizes, 'maxConnections' | 'maxUdpFlows'>): FlowRegions {
  const tcp = { first: 0, groups: groupsFor(maxConnections) };
  return { tcp, udp: { first: tcp.groups, groups: groupsFor(maxUdpFlows) } };
}

/** Of the whole array. */
export const groupsOf = ({ tcp, udp }: FlowRegions): number => tcp.groups + udp.groups;

const groupsFor = (flows: number): number =>
  Math.max(1, (ROWS_PER_FLOW * 2 ** Math.ceil(Math.log2(Math.max(1, flows)))) / CONSTANTS.GROUP_ROWS);
