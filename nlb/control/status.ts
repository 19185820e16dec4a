import type { Correction } from '../address/corrections.ts';
import type { Config } from '../config/schema.ts';
import type { Datapath } from '../datapath/datapath.ts';
import { serversIn } from '../datapath/tables/tables.ts';
import type { InStepStatus } from '../in-step/status.ts';
import type { Grant } from '../kernel/scheduling.ts';
import type { BeatStatus } from './beat/messages.ts';
import { flowTablesShown } from './flow-tables.ts';
import { serversOf, verdictKey } from './health.ts';
import type { Loop } from './loop.ts';
import { type UnsentShown, unsentShown } from './unsent.ts';

/** All that `nlbctl status --json` shows. */
export type Status = ReturnType<typeof composeStatus>;

export interface StatusParts {
  config: Config;
  beat: BeatStatus;
  datapath: Datapath;
  loop: Loop;
  corrections: readonly Correction[];
  memoryLocked: Grant;
  /** Absent where this node takes no part in it. */
  inStep: InStepStatus | undefined;
}

export function composeStatus(parts: StatusParts) {
  const { config, beat, datapath, loop, corrections, memoryLocked, inStep } = parts;
  const { sinceMs, nowMs, conflicts, ...pair } = beat;
  const forMs = Math.round(nowMs - sinceMs);
  return {
    node: config.node,
    pid: process.pid,
    primary: config.primary,
    since: new Date(Date.now() - forMs).toISOString(),
    forMs,
    ...pair,
    heartbeat: { authenticated: config.heartbeat.keyFile !== undefined },
    nlbs: config.nlbs,
    conflicts: conflicts.map((conflict) => conflictStatus(conflict, nowMs)),
    /** What others did to these addresses, and was undone. */
    corrections,
    clusterAddresses: config.clusterAddresses,
    datapath: {
      mode: datapath.mode,
      adopted: datapath.adopted,
      interfaces: datapath.interfaces(),
      connections: activeConnections(datapath),
      memoryBytes: datapath.memoryBytes(),
      outcomes: outcomes(datapath),
      ...unsent(datapath),
      tables: flowTablesShown(datapath),
    },
    reach: reach(config, loop),
    servers: servers(config, loop),
    services: services(config, loop),
    memoryLocked,
    inStep: inStep ?? null,
  };
}

function conflictStatus({ macs, claims, over, ...conflict }: BeatStatus['conflicts'][number], nowMs: number) {
  const firstAgoMs = Math.round(nowMs - conflict.firstMs);
  return { macs, claims, over, firstAgoMs, lastAgoMs: Math.round(nowMs - conflict.lastMs) };
}

/** As the data path counts them: a walk through its tables would take some tenths of a second for a million. */
function activeConnections(datapath: Datapath): number {
  return [...datapath.tallies().services.values()].reduce((sum, { active }) => sum + Number(active), 0);
}

function outcomes(datapath: Datapath): Record<string, { packets: number; bytes: number }> {
  const counted = Object.entries(datapath.outcomes());
  return Object.fromEntries(counted.map(([name, c]) => [name, { packets: Number(c.packets), bytes: Number(c.bytes) }]));
}

function unsent(datapath: Datapath): { unsent?: UnsentShown } {
  const shown = unsentShown(datapath);
  return shown ? { unsent: shown } : {};
}

function reach({ reach: { targets } }: Config, loop: Loop) {
  return targets.map(({ name, address, type, via }) => {
    const verdict = loop.reach().verdicts.get(name);
    const why = verdict?.why;
    return { name, address, type, via, met: verdict?.healthy ?? null, ...(why !== undefined && { why }) };
  });
}

function servers(config: Config, loop: Loop) {
  const rows = new Map(loop.desired()?.tables.servers.map((row) => [row.address, row]));
  return config.servers.map(({ name, address, weight }) => ({
    name,
    address,
    weight,
    mac: rows.get(address)?.mac ?? null,
    healthy: loop.desired()?.serving.has(address) ?? false,
    /** Whether its connections stay there, though it may get no new ones. */
    kept: rows.get(address)?.kept ?? false,
    checks: checks(config, loop, name),
  }));
}

/** The verdicts on one server, by service: null while there is none yet. */
function checks(config: Config, loop: Loop, server: string): Record<string, { healthy: boolean; why?: string } | null> {
  const judged = config.services.flatMap(({ name }) => {
    const key = verdictKey(name, server);
    if (!loop.verdicts.has(key)) return [];
    const verdict = loop.verdicts.get(key);
    return [
      [name, verdict ? { healthy: verdict.healthy, ...(verdict.why !== undefined && { why: verdict.why }) } : null],
    ];
  });
  return Object.fromEntries(judged);
}

function services(config: Config, loop: Loop) {
  const tables = loop.desired()?.tables;
  return config.services.map((service, i) => {
    const ids = idsIn(tables?.services[i]?.slots);
    const serving = tables?.servers.flatMap(({ id, address }) => (ids.has(id) ? [address] : []));
    const names = serversOf(config, service).flatMap(({ name, address }) => (serving?.includes(address) ? [name] : []));
    const { name, address, protocol, port } = service;
    return { name, address, protocol, port, servers: names };
  });
}

const counted = new WeakMap<Int32Array, ReadonlySet<number>>();

/** The servers that a selection names: it is seldom made, and the status is asked for often. */
function idsIn(slots: Int32Array = new Int32Array()): ReadonlySet<number> {
  const ids = counted.get(slots) ?? serversIn(slots);
  counted.set(slots, ids);
  return ids;
}
