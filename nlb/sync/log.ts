import { type FromActive, isSame, type LogRecord, type Session } from './records.ts';
import type { SyncSettings } from './settings.ts';

/**
 * The active's log: numbered records, what the standby has acknowledged of them, and what counts as acknowledged.
 *
 *                      attach                 acknowledges the snapshot, and keeps up
 *     alone ──────────────────► joining ─────────────────────────────────────────────► waiting
 *       ▲                         ▲  out of step: nothing acknowledged for holdMs         │
 *       │                         └───────────────────────────────────────────────────────┤
 *       └── more than is retained is not acknowledged: the session ends ──────────────────┘
 *
 * Alone and joining, every record is granted at once. Waiting, a record is granted when it is acknowledged; the standby is in
 * step as soon as it has acknowledged those that were granted without it.
 */
export interface Log {
  append(record: LogRecord, nowMs: number): number;
  /** A standby attaches: from here on it is sent the snapshot, then all that is appended. */
  begin(session: Session, snapshot: readonly LogRecord[], nowMs: number): void;
  /** Nobody is waited for any more. */
  end(): void;
  acknowledge(session: Session, applied: number, nowMs: number): void;
  /** What is to be sent now: what has not been sent, and again the first of what has not been acknowledged in time. */
  send(nowMs: number): FromActive[];
  /** Time has passed: nobody waits for longer than `holdMs`. */
  tick(nowMs: number): void;
  /** All records up to this one count as acknowledged. */
  granted(): number;
  tip(): number;
  /** All records up to this one are acknowledged by the standby. */
  acknowledged(): number;
  isInStep(): boolean;
  /** How many records were sent again, in this session and those before. */
  sentAgain(): number;
  session(): Session | undefined;
}

type Limits = Pick<SyncSettings, 'holdMs' | 'retransmitMs' | 'mostRetained' | 'recordsPerDatagram' | 'window'>;

export function openLog(limits: Limits): Log {
  let session: Session | undefined;
  let retained: { record: LogRecord; atMs: number }[] = [];
  let [tip, acknowledged, sent, snapshotEnd] = [0, 0, 0, 0];
  let [isWaiting, floor, progressMs] = [false, 0, 0];
  /** What is sent again is one datagram at a time until something is acknowledged: a silent standby costs hardly anything. */
  let isAgain = false;
  let sentAgain = 0;
  const ageMs = (nowMs: number): number => nowMs - (retained[0]?.atMs ?? nowMs);
  const wait = (waits: boolean): void => {
    if (waits !== isWaiting) floor = tip;
    isWaiting = waits;
  };
  const end = (): void => {
    wait(false);
    [session, retained] = [undefined, []];
  };
  const keep = (record: LogRecord, nowMs: number): void => {
    retained.push({ record, atMs: nowMs });
    tip++;
  };
  return {
    append: (record, nowMs) => {
      if (session && retained.length >= limits.mostRetained + Math.max(0, snapshotEnd - acknowledged)) end();
      if (session) keep(record, nowMs);
      else tip++;
      if (!isWaiting) floor = tip;
      return tip;
    },
    end,
    begin: (next, snapshot, nowMs) => {
      end();
      [session, tip, acknowledged, sent, snapshotEnd, progressMs] = [next, 0, 0, 0, snapshot.length, nowMs];
      isAgain = false;
      for (const record of snapshot) keep(record, nowMs);
      floor = tip;
    },
    acknowledge: (of, applied, nowMs) => {
      if (!isSame(session, of) || applied > tip || applied < acknowledged) return;
      retained.splice(0, applied - acknowledged);
      if (applied > acknowledged) [progressMs, isAgain] = [nowMs, false];
      [acknowledged, sent] = [applied, Math.max(sent, applied)];
      const keepsUp = applied >= snapshotEnd && ageMs(nowMs) < limits.holdMs / 2;
      if (keepsUp) wait(true);
    },
    send: (nowMs) => {
      if (!session) return [];
      if (sent > acknowledged && nowMs - progressMs >= limits.retransmitMs) [sent, isAgain] = [acknowledged, true];
      const datagrams: FromActive[] = [];
      const until = Math.min(tip, acknowledged + (isAgain ? limits.recordsPerDatagram : limits.window));
      while (sent < until) {
        const from = sent - acknowledged;
        const records = retained
          .slice(from, from + Math.min(limits.recordsPerDatagram, until - sent))
          .map(({ record }) => record);
        datagrams.push({ type: 'records', session, first: sent + 1, records, snapshotEnd });
        if (isAgain) sentAgain += records.length;
        [sent, progressMs] = [sent + records.length, nowMs];
      }
      return datagrams;
    },
    tick: (nowMs) => {
      if (isWaiting && retained.length > 0 && ageMs(nowMs) >= limits.holdMs) wait(false);
      if (!isWaiting) floor = tip;
    },
    granted: () => Math.max(floor, acknowledged),
    tip: () => tip,
    acknowledged: () => acknowledged,
    isInStep: () => isWaiting && acknowledged >= floor,
    sentAgain: () => sentAgain,
    session: () => session,
  };
}
