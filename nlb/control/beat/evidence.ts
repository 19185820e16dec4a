import type { PathName } from '../../pair/beat.ts';
import type { Settings } from '../../pair/settings.ts';
import type { Entry, Event, Facts, Role } from '../../pair/state.ts';
import { roundMs } from '../round-ms.ts';
import type { PathWatch } from './path-watch.ts';

/** A change of state, with all that the operator needs to believe it. */
export interface Change extends Entry {
  /** How long the state before it lasted. */
  previousMs: number;
  evidence: Evidence;
  /** What it cost; absent where it cost nothing. */
  lost?: Lost;
}

/** What this node knew in that moment. */
export interface Evidence {
  self: Facts;
  /** What its last beat said, silence (while we listened), and the beats that should have come since. */
  peer: {
    standing: object | null;
    silentMs: number;
    hostRefuses: boolean;
    paths: Record<PathName, { lastBeatMs: number | null; missed: number | null }>;
  };
  /** Questions for the NLBS address that nobody answered, and who answered last. */
  address: { unanswered: number; answeredBy: string | null; answeredMs: number | null };
}

export type Lost =
  /**
   * The lead was taken: for how long nothing had shown that somebody held it. Null: nothing did since this daemon's start. And whether this
   * node was in step, by the last word of the peer that led; null where that said nothing of it, or this node itself led last.
   */
  | { withoutHolderMs: number | null; lastProof: HolderProof['by'] | null; wasInStep: boolean | null }
  /** A lease ran out unnoticed, because this node stalled: for how long it had been over. */
  | { leaseOverMs: number };

/** The last that showed that one of the two holds the NLBS address. */
interface HolderProof {
  atMs: number;
  by: 'beat' | 'answer' | 'own lease';
}

/** What has been seen of the address, besides what the role keeps. */
export interface Seen {
  holder?: HolderProof;
  answered?: { mac: string; atMs: number };
  /** Whether this node is in step, by the last word of the peer, which leads. */
  isInStep?: boolean;
}

/** What an event shows. @param role as it was before the event */
export function see(seen: Seen, role: Role, event: Event): Seen {
  const { atMs } = event;
  if (event.type === 'AddressAnswered')
    return { ...seen, holder: { atMs, by: 'answer' }, answered: { mac: event.mac, atMs } };
  const { isInStep: _, ...others } = seen;
  if (event.type === 'Heard' && event.from.state === 'active') {
    const said = event.extension?.sync;
    return { ...others, holder: { atMs, by: 'beat' }, ...(said && { isInStep: said.isPeerInStep }) };
  }
  return role.state.name === 'active' ? { ...others, holder: ownLease(role.state.leaseEndsMs, atMs) } : seen;
}

function ownLease(leaseEndsMs: number, atMs: number): HolderProof {
  return { atMs: Math.min(leaseEndsMs, atMs), by: 'own lease' };
}

/**
 * What one step of the role did, explained.
 * @param seen what was seen until the event, the event itself included
 */
export function explain(
  { before, after, entered }: { before: Role; after: Role; entered: readonly Entry[] },
  seen: Seen,
  watch: PathWatch,
  settings: Settings,
): Change[] {
  return entered.map((entry, index) => {
    const sinceMs = entered[index - 1]?.atMs ?? before.sinceMs;
    const lost = lostBy(entry, before, seen);
    return {
      ...entry,
      previousMs: roundMs(entry.atMs - sinceMs),
      evidence: evidenceAt(entry.atMs, after, seen, watch, settings),
      ...(lost && { lost }),
    };
  });
}

function evidenceAt(atMs: number, role: Role, seen: Seen, { paths }: PathWatch, settings: Settings): Evidence {
  const { facts, peer } = role;
  const { answered } = seen;
  const path = (heardAtMs: number | undefined) => ({
    lastBeatMs: heardAtMs === undefined ? null : roundMs(atMs - heardAtMs),
    missed: heardAtMs === undefined ? null : Math.floor((atMs - heardAtMs) / settings.intervalMs),
  });
  return {
    self: facts,
    peer: {
      standing: peer.standing ?? null,
      silentMs: roundMs(peer.silentMs),
      hostRefuses: peer.refused,
      paths: { access: path(paths.access.heardAtMs), server: path(paths.server.heardAtMs) },
    },
    address: {
      unanswered: peer.asksUnanswered,
      answeredBy: answered?.mac ?? null,
      answeredMs: answered ? roundMs(atMs - answered.atMs) : null,
    },
  };
}

function lostBy({ state, previous, atMs }: Entry, before: Role, { holder, isInStep }: Seen): Lost | undefined {
  if (state === 'active')
    return {
      withoutHolderMs: holder ? roundMs(atMs - holder.atMs) : null,
      lastProof: holder?.by ?? null,
      wasInStep: isInStep ?? null,
    };
  const leaseOverMs = before.state.name === 'active' && previous === 'active' ? atMs - before.state.leaseEndsMs : 0;
  return leaseOverMs > 0 ? { leaseOverMs: roundMs(leaseOverMs) } : undefined;
}
