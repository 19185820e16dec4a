import { CONSTANTS } from '../program/layout.ts';
import type { Write } from './decision.ts';
import type { Flow } from './flow.ts';
import type { Knowledge } from './knowledge.ts';
import { gapNs } from './limits.ts';
import { protocolOf } from './lookup.ts';

/** The way into the tables of connections that have proved themselves. */

/** What was not used of a second's limit may be used at once, and no more. */
const BURST_NS = BigInt(CONSTANTS.ENTERING_BURST_NS);

/**
 * Whether one more connection may enter now, and what its entering uses up of the limit; undefined where it may not. The generic
 * cell rate algorithm (ITU-T I.371, as virtual scheduling): a single instant is written down, up to which the limit is used up.
 */
export function entry(flow: Flow, { configured, flowTables }: Knowledge, nowNs: bigint): Write | undefined {
  const protocol = protocolOf(flow);
  const gap = gapNs(configured.limits[`${protocol}PerSecond`]);
  const used = flowTables.entering.get(protocol) ?? 0n;
  const from = used + BURST_NS < nowNs ? nowNs - BURST_NS : used;
  return from + gap > nowNs ? undefined : { table: 'entering', name: protocol, value: from + gap };
}
