import { inheritedVerdict } from '../balance/checks/verdict.ts';
import { type Config, portNumber } from '../config/schema.ts';
import { nameOfService, serversIn, type Tables } from '../datapath/tables/tables.ts';
import { checkOf, serversOf, type Verdicts, verdictKey } from './health.ts';
import type { HardwareAddresses } from './neighbours.ts';

/**
 * What the tables of an earlier life tell before anything has been looked at: forwarding goes on by them while a daemon that
 * has just started gets to know its servers.
 */

/** Where its servers were, as if it had been seen now. */
export function inheritedHardware({ servers }: Tables, nowMs: number): HardwareAddresses {
  return new Map(servers.flatMap(({ address, mac }) => (mac === undefined ? [] : [[address, { mac, seenMs: nowMs }]])));
}

/**
 * The servers to which a service sent connections, as healthy; none for the others.
 * @param ids numbers in those tables, by name
 */
export function inheritedVerdicts(config: Config, earlier: Tables, ids: ReadonlyMap<string, number>): Verdicts {
  const kept = new Set(earlier.servers.flatMap((server) => (server.kept ? [server.id] : [])));
  const slots = new Map(earlier.services.map((service) => [nameOfService(service), serversIn(service.slots)]));
  const verdicts = config.services.flatMap((service) => {
    const [check, chosen] = [checkOf(service), slots.get(nameOfService({ ...service, port: portNumber(service) }))];
    if (check === undefined || chosen === undefined) return [];
    // A server without weight, or that is draining, is never chosen, and keeps the connections that it has.
    const served = serversOf(config, service).filter(({ name, weight, draining }) => {
      const id = ids.get(name) ?? -1;
      return kept.has(id) && (weight === 0 || draining || chosen.has(id));
    });
    return served.map(({ name }) => [verdictKey(service.name, name), inheritedVerdict(check)] as const);
  });
  return new Map(verdicts);
}
