import { CONSTANTS } from '../program/layout.ts';
import type { Decision } from '../specification/decision.ts';
import { type Arrival, type Clocks, forward } from '../specification/forward.ts';
import type { Configured, FlowTables, Knowledge, Server, Service } from '../specification/knowledge.ts';
import type { LeaseTimes } from '../tables/lease.ts';
import { withFlags } from './packets.ts';

/** Support for the differential test: ways to change the specification, each at one place. */

export type Specification = typeof forward;

export const FOREVER_NS = 2n ** 63n;

export const withKnowledge =
  (change: (known: Knowledge, arrival: Arrival) => Partial<Knowledge>): Specification =>
  (arrival, known) =>
    forward(arrival, { ...known, ...change(known, arrival) });

export const withConfigured = (change: (configured: Configured) => Partial<Configured>): Specification =>
  withKnowledge((known) => ({ configured: { ...known.configured, ...change(known.configured) } }));

export const withFlowTables = (
  change: (flowTables: FlowTables, configured: Configured) => Partial<FlowTables>,
): Specification =>
  withKnowledge((known) => ({ flowTables: { ...known.flowTables, ...change(known.flowTables, known.configured) } }));

export const withDecision =
  (change: (decision: Decision, arrival: Arrival) => Partial<Decision>): Specification =>
  (arrival, known) => {
    const decision = forward(arrival, known);
    return { ...decision, ...change(decision, arrival) };
  };

/** Decides by changed octets, but forwards the original ones. */
export const withFrame =
  (change: (frame: Buffer, arrival: Arrival, known: Knowledge) => void): Specification =>
  (arrival, known) => {
    const frame = Buffer.from(arrival.frame);
    change(frame, arrival, known);
    const decision = forward({ ...arrival, frame }, known);
    const addresses = decision.outcome.startsWith('FORWARDED') ? decision.frame : arrival.frame;
    return { ...decision, frame: Buffer.concat([addresses.subarray(0, 12), arrival.frame.subarray(12)]) };
  };

export const withClocks =
  (change: (clocks: Clocks) => Partial<Clocks>): Specification =>
  (arrival, known) =>
    forward({ ...arrival, ...change(arrival) }, known);

/** Decides by that function whether the lease allows forwarding. */
export const withMayForward = (holds: (clocks: Clocks, lease: LeaseTimes) => boolean): Specification =>
  withKnowledge(({ lease }, arrival) => ({
    lease: { ...lease, forwardUntilNs: holds(arrival, lease) ? FOREVER_NS : 0n },
  }));

export const MARGIN_NS = BigInt(CONSTANTS.LEASE_MARGIN_NS);
export const withMargin =
  (marginNs: bigint) =>
  ({ nowNs, tickNs }: Clocks, { forwardUntilNs }: LeaseTimes): boolean =>
    tickNs + marginNs < forwardUntilNs || nowNs < forwardUntilNs;

export const withoutFlag = (flag: number): Specification =>
  withFrame((frame) => withFlags(frame, (flags) => flags & ~flag).copy(frame));

export const mapped = <Key, Value>(map: ReadonlyMap<Key, Value>, change: (value: Value) => Value | undefined) =>
  new Map([...map].flatMap(([key, value]) => [[key, change(value)] as const].filter(has)));
const has = <Key, Value>(entry: readonly [Key, Value | undefined]): entry is readonly [Key, Value] =>
  entry[1] !== undefined;

export const services = (change: (service: Service) => Service | undefined): Specification =>
  withConfigured((known) => ({ services: mapped(known.services, change) }));
export const servers = (change: (server: Server) => Server): Specification =>
  withConfigured((known) => ({ servers: mapped(known.servers, change) }));
