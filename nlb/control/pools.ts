import { type CheckConfig, type Config, portNumber, type ServiceConfig } from '../config/schema.ts';
import { nameOfService } from '../datapath/tables/tables.ts';
import { checkOf, serversOf, verdictKey } from './health.ts';

/**
 * Services that go by one selection: those with the same configured servers, hence weights, and the same check. A check
 * without a port of its own is made at the service's, so services of different ports are of different pools. Pools follow
 * from the configuration alone; whatever happens to servers, none is split or joined.
 */
export interface Pool {
  /** As the data path calls it: by the first of its services. */
  name: string;
  services: ServiceConfig[];
  /** None where it is not checked itself: then its servers are judged by all checks that each of them has. */
  check?: CheckConfig;
  members: Member[];
}

/** A server of a pool. */
export interface Member {
  id: number;
  name: string;
  address: string;
  weight: number;
  draining: boolean;
  /** The verdict on it, by the check of the pool. */
  verdict: string;
}

/**
 * @param ids number of each server in the data path, by name
 * @param areShared whether services are of one pool that may be; otherwise each has its own, which no reload ever splits or joins
 */
export function poolsOf(config: Config, ids: ReadonlyMap<string, number>, areShared = true): Pool[] {
  const groups = Map.groupBy(config.services, (service) => (areShared ? keyOf(config, service) : service.name));
  return [...groups.values()].flatMap((services) => {
    const [first] = services;
    return first ? [poolWith(config, first, services, ids)] : [];
  });
}

function poolWith(
  config: Config,
  first: ServiceConfig,
  services: ServiceConfig[],
  ids: ReadonlyMap<string, number>,
): Pool {
  const check = checkOf(first);
  const members = serversOf(config, first).map(({ name, address, weight, draining }) => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`server ${name} has no number`);
    return { id, name, address, weight, draining, verdict: verdictKey(first.name, name) };
  });
  return { name: poolName(first), services, members, ...(check && { check }) };
}

const poolName = (service: ServiceConfig): string => nameOfService({ ...service, port: portNumber(service) });

function keyOf(config: Config, service: ServiceConfig): string {
  const { port = portNumber(service), ...check } = checkOf(service) ?? { port: 0 };
  const servers = serversOf(config, service).map(({ name }) => name);
  return JSON.stringify([servers, port, check]);
}
