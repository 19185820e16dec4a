import { CONSTANTS } from '../program/layout.ts';
import type { Write } from './decision.ts';
import type { Flow } from './flow.ts';
import type { Knowledge } from './knowledge.ts';
import { gapNs } from './limits.ts';
import { protocolOf } from './lookup.ts';

/** How connections enter the tables of proven ones. */

/** Burst of the limit: unused admissions of one second at most. */
const BURST_NS = BigInt(CONSTANTS.ENTERING_BURST_NS);

/**
 * The write that takes one connection's share of the limit; undefined if the connection may not enter now. The generic cell
 * rate algorithm (ITU-T I.371, as virtual scheduling): a single instant is kept, up to which the limit is used up.
 */
export function entry(flow: Flow, { configured, flowTables }: Knowledge, nowNs: bigint): Write | undefined {
  const protocol = protocolOf(flow);
  const gap = gapNs(configured.limits[`${protocol}PerSecond`]);
  const used = flowTables.entering.get(protocol) ?? 0n;
  const from = used + BURST_NS < nowNs ? nowNs - BURST_NS : used;
  return from + gap > nowNs ? undefined : { table: 'entering', name: protocol, value: from + gap };
}
