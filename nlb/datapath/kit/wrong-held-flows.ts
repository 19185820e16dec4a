import { forward } from '../specification/forward.ts';
import type { Configured, Exception, Service } from '../specification/knowledge.ts';
import { findBoundServer } from '../specification/placement.ts';
import { isHeld, serverIn } from '../tables/slot.ts';
import { mapped, type Specification, services, withConfigured, withDecision } from './changed-specification.ts';

/** Support for the differential test: specifications that are wrong about what is held, and about exceptions. */

const withSlots = (change: (content: number) => number): Specification =>
  services((service) => ({ ...service, slots: Int32Array.from(service.slots, change) }));

const withExceptions = (
  change: (exception: Exception, configured: Configured) => Exception | undefined,
): Specification =>
  withConfigured((known) => ({ exceptions: mapped(known.exceptions, (exception) => change(exception, known)) }));

/** No slot has the mark, and no exception is there. */
const free: Specification = (arrival, known) => {
  const { configured } = known;
  const unmarked = (service: Service): Service => ({ ...service, slots: Int32Array.from(service.slots, serverIn) });
  const services = mapped(configured.services, unmarked);
  return forward(arrival, { ...known, configured: { ...configured, services, exceptions: new Map() } });
};

export const wrongHeldFlows: Record<string, Specification> = {
  'overlooks the mark': withSlots(serverIn),
  'takes a slot with the mark for an empty one': withSlots((content) => (isHeld(content) ? -1 : content)),
  'takes a server for ineligible where all its slots are held': services((service) => ({
    ...service,
    isEligible: (server) => service.slots.includes(server),
  })),
  'knows no exception': withConfigured(() => ({ exceptions: new Map() })),
  'follows exceptions that are not settled': withExceptions((exception) => ({ ...exception, isSettled: true })),
  'holds flows whose exception is settled': withExceptions((exception) => ({ ...exception, isSettled: false })),
  'goes by the slot where the server of an exception is gone': withExceptions((exception, configured) =>
    findBoundServer(configured, exception) ? exception : undefined,
  ),
  'takes the number of an exception’s server for the server': withExceptions((exception, { servers }) => ({
    ...exception,
    serverAddress: servers.get(exception.server)?.address ?? exception.serverAddress,
  })),
  'sends ICMP errors by their slot alone': (arrival, known) => {
    const decision = forward(arrival, known);
    return decision.outcome === 'FORWARDED_ICMP' ? free(arrival, known) : decision;
  },
  'sends fragments without ports by their slot’s number with the mark': (arrival, known) => {
    const decision = forward(arrival, known);
    if (decision.outcome !== 'FORWARDED_FRAGMENT' || decision.writes.length === 0) return decision;
    return withSlots((content) => (isHeld(content) ? -1 : content))(arrival, known);
  },
  'enters flows that it holds': (arrival, known) => {
    const decision = forward(arrival, known);
    return decision.outcome === 'HELD' ? { ...decision, writes: free(arrival, known).writes } : decision;
  },
  'says that the slot holds what an exception holds': withDecision(({ held }) =>
    held ? { held: { ...held, by: 'slot' } } : {},
  ),
  'is off by one in the slot that it hands over': withDecision(({ held }) =>
    held ? { held: { ...held, slot: held.slot + 1 } } : {},
  ),
  'holds what is an octet too long': (arrival, known) => {
    const decision = forward(arrival, known);
    if (decision.outcome !== 'DROPPED_TOO_LONG_TO_HOLD') return decision;
    return { ...forward({ ...arrival, frame: arrival.frame.subarray(0, -1) }, known), frame: arrival.frame };
  },
  'holds nothing as long as it may be': (arrival, known) => {
    const longer = Buffer.concat([arrival.frame], arrival.frame.length + 1);
    const { outcome } = forward({ ...arrival, frame: longer }, known);
    return outcome === 'DROPPED_TOO_LONG_TO_HOLD'
      ? { ...forward({ ...arrival, frame: longer }, known), frame: arrival.frame }
      : forward(arrival, known);
  },
};
