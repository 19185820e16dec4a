import { type Config, portNumber } from '../config/schema.ts';
import { nameOfService, type ServerEntry } from '../datapath/tables/tables.ts';

/** What operators call the data path's servers and services. What the configuration names no more goes by its address. */
export interface Names {
  server(row: { id: number; address: string }): string;
  /** @param name as the data path has it: `tcp 203.0.113.10:80` */
  service(name: string): string;
}

/** @param rows servers as the data path has them: an id may have been another server's before */
export function namesIn({ servers, services }: Config, rows: readonly ServerEntry[]): Names {
  const names = new Map<string, string>(servers.map(({ address, name }) => [address, name]));
  const current = new Map(rows.map((row) => [row.id, row.address]));
  const serviceNames = new Map(
    services.map((service) => [nameOfService({ ...service, port: portNumber(service) }), service.name]),
  );
  return {
    server: ({ id, address }) => (current.get(id) === address ? names.get(address) : undefined) ?? address,
    service: (name) => serviceNames.get(name) ?? name,
  };
}
