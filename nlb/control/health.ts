import type { Verdict } from '../balance/checks/verdict.ts';
import { type Watched, watchServer } from '../balance/checks/watch.ts';
import { type CheckConfig, type Config, defaultCheck, type ServiceConfig } from '../config/schema.ts';

/** Verdicts by service and server; none while the first check is under way. */
export type Verdicts = ReadonlyMap<string, Verdict | undefined>;

export function verdictKey(service: string, server: string): string {
  return `${service} on ${server}`;
}

/** The check of a service: a TCP service has one even where none is configured; a UDP service only where it is. */
export function checkOf(service: ServiceConfig): CheckConfig | undefined {
  return service.check ?? (service.protocol === 'tcp' ? defaultCheck : undefined);
}

export function serversOf(config: Config, service: ServiceConfig): Config['servers'] {
  return config.servers.filter(({ name }) => service.servers?.includes(name) ?? true);
}

/** Checks every server of every service, and keeps the verdicts. */
export function watchAll(
  config: Config,
  changed: (key: string, verdict: Verdict) => void,
): { verdicts: Verdicts; stop(): void } {
  const verdicts = new Map<string, Verdict | undefined>();
  const stops = config.services.flatMap((service) => {
    const check = checkOf(service);
    if (check === undefined) return [];
    return serversOf(config, service).map((server) => {
      const key = verdictKey(service.name, server.name);
      const watched: Watched = { address: server.address, port: service.port, check };
      verdicts.set(key, undefined);
      return watchServer(watched, (verdict) => {
        verdicts.set(key, verdict);
        changed(key, verdict);
      });
    });
  });
  return { verdicts, stop: () => void stops.map((stop) => stop()) };
}

/** Whether a server serves a service: by the service's own check, or else by all the checks that the server has. */
export function serves(config: Config, service: ServiceConfig, server: string, verdicts: Verdicts): boolean {
  const judges = checkOf(service) ? [service] : config.services;
  const keys = judges.map(({ name }) => verdictKey(name, server)).filter((key) => verdicts.has(key));
  return keys.every((key) => verdicts.get(key)?.healthy === true);
}
