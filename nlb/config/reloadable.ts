import type { Config } from './schema.ts';

/** When a change takes effect: at a reload, or only when the daemon is started again. */
export type Effective = 'reload' | 'restart';

/** For every section of the configuration, whether a running daemon can take up a change of it. A new section needs one line. */
const SECTIONS: Record<keyof Config, Effective> = {
  node: 'restart',
  primary: 'reload',
  access: 'restart',
  server: 'restart',
  nlbs: 'restart',
  peer: 'restart',
  heartbeat: 'restart',
  reach: 'reload',
  recovery: 'reload',
  clusterAddresses: 'reload',
  servers: 'reload',
  services: 'reload',
  scripts: 'reload',
  timeouts: 'reload',
  limits: 'reload',
  datapath: 'restart',
  sync: 'restart',
  control: 'restart',
  log: 'reload',
};

/** Settings that differ in this from the rest of their section. */
const EXCEPTIONS: Record<string, Effective> = { 'heartbeat.keyFile': 'reload' };

/** @param path keys from the root of the configuration; at least one */
export function effectiveAt(path: readonly string[]): Effective {
  return EXCEPTIONS[path.slice(0, 2).join('.')] ?? SECTIONS[path[0] as keyof Config];
}
