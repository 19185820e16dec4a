import type { DatapathInterface } from '../attach/interfaces.ts';
import { type Change, nameOfService, poolOf, type SelectedTables } from '../tables/tables.ts';

type Wanted = SelectedTables<Int32Array>;

/** All that the forwarder is configured with. */
export interface TablesAndInterfaces {
  tables: Wanted;
  interfaces: readonly DatapathInterface[];
}

/** The differences, in the order in which they are written to the kernel's tables; here they take effect at once. */
export function changesBetween(before: TablesAndInterfaces, after: TablesAndInterfaces): Change[] {
  const [was, is] = [before.tables, after.tables];
  const subject = `${is.nlbs}, ${after.interfaces.map(({ device }) => device).join(' ')}`;
  const settings = ({ tables: { nlbs, heartbeat, timeouts, limits }, interfaces }: TablesAndInterfaces) => ({
    ...{ nlbs, heartbeat, timeouts, limits, interfaces },
  });
  const clusterAddresses = ({ clusterAddresses }: Wanted) =>
    new Map(clusterAddresses.map((address) => [address, address]));
  const servers = (tables: Wanted) =>
    new Map(tables.servers.map((server) => [String(server.id), [`${server.id} ${server.address}`, server] as const]));
  const [serversWere, serversAre] = [servers(was), servers(is)];
  const [servicesWere, servicesAre] = [servicesOf(was), servicesOf(is)];
  return [
    ...(same(settings(before), settings(after)) ? [] : [{ table: 'settings', change: 'changed', subject } as const]),
    ...put('servers', serversWere, serversAre, ([name]) => name),
    ...selections(was, is),
    ...put('services', servicesWere, servicesAre),
    ...put('clusterAddresses', clusterAddresses(was), clusterAddresses(is)),
    ...gone('services', servicesWere, servicesAre),
    ...gone('clusterAddresses', clusterAddresses(was), clusterAddresses(is)),
    ...gone('servers', serversWere, serversAre),
  ];
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Without their selections, which are compared separately. */
const servicesOf = ({ services }: Wanted) =>
  new Map(services.map(({ slots: _, ...service }) => [nameOfService(service), service]));

function put<Value>(
  table: Change['table'],
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  subjectOf: (value: Value, key: string) => string = (_, key) => key,
): Change[] {
  return [...after].flatMap(([key, value]): Change[] => {
    const known = before.get(key);
    if (known !== undefined && same(known, value)) return [];
    return [{ table, change: known === undefined ? 'added' : 'changed', subject: subjectOf(value, key) }];
  });
}

function gone(table: Change['table'], before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>) {
  const keys = [...before.keys()].filter((key) => !after.has(key));
  return keys.map((subject): Change => ({ table, change: 'removed', subject }));
}

function selections(before: Wanted, after: Wanted): Change[] {
  const known = selectionsOf(before);
  return [...selectionsOf(after)].flatMap(([pool, wanted]): Change[] => {
    const slots = known.get(pool);
    if (slots && equal(slots, wanted)) return [];
    return [{ table: 'selections', change: slots ? 'changed' : 'added', subject: pool }];
  });
}

const selectionsOf = ({ services }: Wanted) => new Map(services.map((service) => [poolOf(service), service.slots]));

function equal(one: Int32Array, other: Int32Array): boolean {
  return one === other || Buffer.from(one.buffer, one.byteOffset, one.byteLength).equals(bytesOf(other));
}

const bytesOf = (slots: Int32Array): Uint8Array => new Uint8Array(slots.buffer, slots.byteOffset, slots.byteLength);
