import type { Verdict } from '../balance/checks/verdict.ts';
import { type Watched, watchServer } from '../balance/checks/watch.ts';
import { type CheckConfig, type Config, defaultCheck, portNumber, type ServiceConfig } from '../config/schema.ts';

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
  if (!service.servers) return config.servers;
  const wanted = new Set(service.servers);
  return config.servers.filter(({ name }) => wanted.has(name));
}

/** The addresses of servers that fail a check of a service of theirs. */
export function failingServers(config: Config, verdicts: Verdicts): ReadonlySet<string> {
  const failsFor = ({ name }: ServiceConfig, server: Config['servers'][number]): boolean =>
    verdicts.get(verdictKey(name, server.name))?.healthy === false;
  return new Set(
    config.services.flatMap((service) =>
      serversOf(config, service)
        .filter((server) => failsFor(service, server))
        .map(({ address }) => address as string),
    ),
  );
}

/** Checks every server of every service, and keeps the verdicts. */
export interface Health {
  readonly verdicts: Verdicts;
  /** Check what this configuration says. A check that is as it was goes on; one that differs begins with its verdict so far. */
  watch(config: Config): void;
  stop(): void;
}

/** @param inherited what the first watch begins with */
export function openHealth(inherited: Verdicts, changed: (key: string, verdict: Verdict) => void): Health {
  const verdicts = new Map<string, Verdict | undefined>();
  let watches = new Map<string, Watch>();
  let known = inherited;
  const begin = (key: string, watched: Watched): Watch => {
    const before = earlierVerdict(key, watched);
    verdicts.set(key, before);
    const told = (verdict: Verdict) => {
      verdicts.set(key, verdict);
      changed(key, verdict);
    };
    return { watched, stop: watchServer(watched, told, before) };
  };
  const earlierVerdict = (key: string, watched: Watched): Verdict | undefined => {
    if (watches.get(key)?.watched.address === watched.address) return verdicts.get(key);
    const twin = [...watches].find(([, watch]) => isSame(watch.watched, watched));
    return twin ? verdicts.get(twin[0]) : known.get(key);
  };
  const watch = (config: Config) => {
    const next = new Map<string, Watch>();
    for (const [key, watched] of watchedBy(config)) {
      const running = watches.get(key);
      next.set(key, running && isSame(running.watched, watched) ? running : begin(key, watched));
    }
    for (const [key, running] of watches) {
      if (next.get(key) !== running) running.stop();
      if (!next.has(key)) verdicts.delete(key);
    }
    watches = next;
    known = new Map();
  };
  return { verdicts, watch, stop: () => void [...watches.values()].map(({ stop }) => stop()) };
}

interface Watch {
  watched: Watched;
  stop(): void;
}

function watchedBy(config: Config): Map<string, Watched> {
  const all = config.services.flatMap((service) => {
    const check = checkOf(service);
    const { name } = service;
    const port = portNumber(service);
    return check
      ? serversOf(config, service).map((server) => [verdictKey(name, server.name), { ...server, port, check }] as const)
      : [];
  });
  return new Map(all.map(([key, { address, port, check }]) => [key, { address, port, check }]));
}

function isSame(one: Watched, other: Watched): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * The servers that serve each service, by its name: by the service's own check, or else by all the checks that the server
 * has. A server that no check is made of is taken to serve.
 */
export function serving(config: Config, verdicts: Verdicts): ReadonlyMap<string, Config['servers']> {
  const failed = new Set<string>();
  const passing = new Map<string, Config['servers']>();
  for (const service of config.services) {
    if (!checkOf(service)) continue;
    const passes = ({ name }: { name: string }): boolean => {
      const key = verdictKey(service.name, name);
      const healthy = !verdicts.has(key) || verdicts.get(key)?.healthy === true;
      if (!healthy) failed.add(name);
      return healthy;
    };
    passing.set(service.name, serversOf(config, service).filter(passes));
  }
  for (const service of config.services)
    if (!checkOf(service))
      passing.set(
        service.name,
        serversOf(config, service).filter(({ name }) => !failed.has(name)),
      );
  return passing;
}
