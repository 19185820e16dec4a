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

/** Checks every server of every service, and keeps the verdicts. */
export interface Health {
  readonly verdicts: Verdicts;
  /** Check what this configuration says. A check that is as it was goes on; one that differs begins with its verdict so far. */
  watch(config: Config): void;
  /** Check nothing until the next `watch()`, and keep the verdicts: what a node cannot reach it does not judge. */
  stop(): void;
}

/** @param inherited what the first watch begins with */
export function openHealth(inherited: Verdicts, changed: (key: string, verdict: Verdict) => void): Health {
  const verdicts = new Map<string, Verdict | undefined>();
  let watches = new Map<string, Watch>();
  let watchedFor = new Map<string, Watched>();
  let known = inherited;
  const begin = (watched: Watched, keys: string[]): Watch => {
    const before = earlierVerdict(watched, keys);
    const watch: Watch = { keys, verdict: before, stop: () => {} };
    watch.stop = watchServer(watched, (verdict) => notified(watch, verdict), before);
    return watch;
  };
  const notified = (watch: Watch, verdict: Verdict): void => {
    watch.verdict = verdict;
    for (const key of watch.keys) verdicts.set(key, verdict);
    for (const key of watch.keys) changed(key, verdict);
  };
  /** What has been known of the same machine under one of these names. */
  const earlierVerdict = ({ address }: Watched, keys: string[]): Verdict | undefined => {
    const same = keys.find((key) => watchedFor.get(key)?.address === address);
    return same === undefined ? keys.map((key) => known.get(key)).find(Boolean) : verdicts.get(same);
  };
  const watch = (config: Config) => {
    const wanted = watchedBy(config);
    const next = new Map<string, Watch>();
    for (const [check, entries] of Map.groupBy(wanted, ([, watched]) => JSON.stringify(watched))) {
      const [[, watched] = []] = entries;
      const keys = entries.map(([key]) => key);
      if (watched) next.set(check, Object.assign(watches.get(check) ?? begin(watched, keys), { keys }));
    }
    for (const [check, running] of watches) if (!next.has(check)) running.stop();
    [watches, watchedFor, known] = [next, wanted, new Map()];
    for (const key of verdicts.keys()) if (!wanted.has(key)) verdicts.delete(key);
    for (const { keys, verdict } of next.values()) for (const key of keys) verdicts.set(key, verdict);
  };
  const stop = () => {
    for (const running of watches.values()) running.stop();
    watches = new Map();
  };
  return { verdicts, watch, stop };
}

/** One check of one port of one machine, for all services that have it: so they never disagree. */
interface Watch {
  /** Of the verdicts that it gives. */
  keys: string[];
  verdict: Verdict | undefined;
  stop(): void;
}

/** What is to be checked for each verdict. A check's port is the one that it is made at. */
function watchedBy(config: Config): Map<string, Watched> {
  const all = config.services.flatMap((service) => {
    const configured = checkOf(service);
    if (!configured) return [];
    const { port = portNumber(service), ...check } = configured;
    return serversOf(config, service).map(({ name, address }): [string, Watched] => [
      verdictKey(service.name, name),
      { address, port, check },
    ]);
  });
  return new Map(all);
}
