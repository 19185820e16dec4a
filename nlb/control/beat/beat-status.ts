import type { Grant } from '../../kernel/scheduling.ts';
import type { PathName } from '../../pair/beat.ts';
import type { Conflict } from '../../pair/defence.ts';
import { recentLeads } from '../../pair/hold-down.ts';
import { peerReign } from '../../pair/in-step.ts';
import { isAlive } from '../../pair/peer.ts';
import type { Settings } from '../../pair/settings.ts';
import { type Role, refusedAddresses, standing } from '../../pair/state.ts';
import type { Agreement } from './agreement.ts';
import type { BeatExchange } from './exchange.ts';
import type { BeatStatus, PeerStatus, SyncStatus } from './messages.ts';
import type { Observer } from './observer.ts';
import type { SyncPort } from './sync-port.ts';

/** All that the beat thread knows, from which its status is composed: a pure function. */
export interface BeatStatusParts {
  role: Role;
  settings: Settings;
  nowMs: number;
  /** For how long the data path may answer and forward, in nanoseconds; negative where that is over. */
  leaseLeftNs: { answer: bigint; forward: bigint };
  paths: readonly PathName[];
  counts: BeatExchange['counts'];
  observer: Pick<Observer, 'lastHeardMs' | 'faultyPaths' | 'answeredBy'>;
  agreement: Pick<Agreement, 'differs'>;
  witness: PeerStatus['witness'];
  conflicts: readonly Conflict[];
  /** Absent where there is no sync thread. */
  sync?: Pick<SyncPort, 'reign'>;
  realTime: Grant;
  worstLateMs: number;
}

export function composeBeatStatus(parts: BeatStatusParts): BeatStatus {
  const { role, settings, nowMs, leaseLeftNs } = parts;
  return {
    state: role.state.name,
    sinceMs: role.sinceMs,
    reason: role.reason,
    nowMs,
    fitness: standing(role, nowMs, settings).fitness,
    peer: peerStatus(parts),
    lease: {
      answerRemainingMs: remainingMs(leaseLeftNs.answer),
      forwardRemainingMs: remainingMs(leaseLeftNs.forward),
    },
    conflicts: parts.conflicts,
    realTime: parts.realTime,
    worstLateMs: Math.round(parts.worstLateMs * 10) / 10,
    downLinks: role.facts.downLinks,
    unguarded: role.facts.unguarded ?? [],
    absent: role.facts.absent ?? [],
    refusedAddresses: refusedAddresses(role.facts),
    recovery: {
      strategy: settings.recovery,
      heldDownMs: role.state.name === 'active' ? Math.max(0, Math.round(role.holdDown.untilMs - nowMs)) : 0,
      leads: recentLeads(role.holdDown.leads, nowMs, settings.holdDownMaxMs).length,
      setAside: role.setAside,
    },
    sync: parts.sync ? syncStatus(parts, parts.sync.reign()) : null,
  };
}

function syncStatus({ role, settings }: BeatStatusParts, reign: number): SyncStatus {
  const { state, facts, peer } = role;
  const leads = state.name === 'active';
  const leader = peerReign(role, settings);
  return {
    takesPart: facts.sync !== undefined,
    reign: leads ? reign : 0,
    peerReign: leader,
    isPeerInStep: leads && facts.sync?.isPeerInStep === true,
    saysInStep: leader > 0 && peer.extension?.sync?.isPeerInStep === true,
    isCompleting: leads && state.completing !== undefined,
    whyKept: (leads && state.whyKept) || null,
  };
}

function peerStatus(parts: BeatStatusParts): PeerStatus {
  const { role, settings, nowMs, paths, counts, observer, agreement, witness } = parts;
  const { standing: last, silentMs, acknowledged } = role.peer;
  const answeredBy = observer.answeredBy();
  return {
    name: settings.peer,
    ...(last && { state: last.state, fitness: last.fitness }),
    alive: isAlive(role.peer, settings),
    silentMs: Math.round(silentMs),
    beatsHeard: counts.heard,
    beatsMissed: counts.missed,
    refused: counts.refused,
    paths: Object.fromEntries(paths.map((name) => [name, ago(observer.lastHeardMs(name), nowMs)])),
    faultyPaths: observer.faultyPaths(nowMs),
    differs: agreement.differs(),
    hears: Object.fromEntries(paths.map((name) => [name, ago(acknowledged?.[name], nowMs)])),
    ...(answeredBy !== undefined && { addressAnsweredBy: answeredBy }),
    witness,
  };
}

const remainingMs = (leftNs: bigint): number => Math.max(0, Math.round(Number(leftNs) / 1e6));

function ago(atMs: number | undefined, nowMs: number): number | null {
  return atMs === undefined ? null : Math.round(nowMs - atMs);
}
