import type { SyncStatus } from '../sync/active.ts';
import type { LinkCounts } from '../sync/link/link.ts';
import type { Findings } from './comparison.ts';
import type { DutyCounts } from './duties.ts';

/** What operators see of a node's part in keeping the pair in step. */
export interface InStepStatus {
  part: 'leads' | 'joined' | 'joining' | 'neither';
  /** Of the node that leads: whether the peer may take over at any instant. Of the other: whether it has the whole rule. */
  isInStep: boolean;
  /** For how long no planned change is committed, because there may be connections from before this lead that are idle. */
  graceLeftMs: number;
  records: {
    /** The number of the last one. */
    logged: number;
    /** Of each kind, since this node leads. */
    kinds: SyncStatus['logged'];
    acknowledged: number;
    sentAgain: number;
    /** By a node that has joined. */
    applied: number;
  };
  /** The peer's servers or services are configured otherwise: no change is planned that names a server which it may not have. */
  peerLacksServers: boolean;
  /** What the last comparison of both nodes' data paths found; null where there was none since this node leads. */
  compared: ComparedShown | null;
  exceptions: number;
  slots: {
    /** Wished elsewhere than they are committed. */
    drifting: number;
    /** Whose SET is not acknowledged. */
    setting: number;
  };
  /** First packets that waited, or wait. */
  held: DutyCounts;
  link: LinkCounts;
}

/** What keeps a log from being complete. */
export function missingIn({ isInStep, records, slots, held }: InStepStatus) {
  const { logged, acknowledged } = records;
  return { isInStep, logged, acknowledged, setting: slots.setting, waiting: held.waiting };
}

export interface ComparedShown extends Omit<Findings, 'atMs' | 'different'> {
  /** How long ago the connections were drawn. */
  agoMs: number;
  different: number;
  /** Some of those that differ. */
  flows: string[];
}

/** So many of those that differ are named. */
export const SHOWN = 10;

export const comparedShown = (last: Findings | undefined, nowMs: number): ComparedShown | null =>
  last === undefined
    ? null
    : {
        agoMs: Math.round(nowMs - last.atMs),
        same: last.same,
        different: last.different.length,
        unanswered: last.unanswered,
        flows: last.different.slice(0, SHOWN),
      };

export interface StatusParts {
  peerLacksServers: boolean;
  compared: ComparedShown | null;
  leading: (SyncStatus & { held: DutyCounts }) | undefined;
  joined: { isJoined: boolean; applied: number } | undefined;
  exceptions: number;
  link: LinkCounts;
}

const NOTHING_HELD: DutyCounts = { waiting: 0, released: 0, notReleased: 0, dropped: 0 };

export function composeStatus({
  leading,
  joined,
  peerLacksServers,
  compared,
  exceptions,
  link,
}: StatusParts): InStepStatus {
  const kinds = leading?.logged ?? { set: 0, add: 0, del: 0 };
  const { tip = 0, acknowledged = 0, sentAgain = 0, drifting = 0, setting = 0 } = leading ?? {};
  return {
    part: leading ? 'leads' : joined?.isJoined ? 'joined' : joined ? 'joining' : 'neither',
    isInStep: leading?.isInStep ?? joined?.isJoined ?? false,
    graceLeftMs: Math.round(leading?.graceLeftMs ?? 0),
    records: { logged: tip, kinds, acknowledged, sentAgain, applied: joined?.applied ?? 0 },
    peerLacksServers: leading !== undefined && peerLacksServers,
    compared: leading ? compared : null,
    exceptions,
    slots: { drifting, setting },
    held: leading?.held ?? NOTHING_HELD,
    link,
  };
}
