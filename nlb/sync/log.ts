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

/** After that many tries it is sent again at an even pace: 32 times `retransmitMs`. */
const MOST_DOUBLED = 5;

export function openLog(limits: Limits): Log {
  let session: Session | undefined;
  let retained: { record: LogRecord; atMs: number }[] = [];
  let [tip, acknowledged, sent, snapshotEnd] = [0, 0, 0, 0];
  let [isWaiting, floor, progressMs] = [false, 0, 0];
  /**
   * How often in a row something was sent again and nothing acknowledged. What is sent again is one datagram at a time, after twice
   * as long each time: a standby that is silent, or cut off, costs hardly anything.
   */
  let tries = 0;
  let sentAgain = 0;
  const ageMs = (nowMs: number): number => nowMs - (retained[0]?.atMs ?? nowMs);
  const wait = (waits: boolean): void => {
    if (waits !== isWaiting) floor = tip;
    isWaiting = waits;
  };
  /** The first records that are not acknowledged, as far as they fit into one: a SET may take a whole one by itself. */
  const oneDatagram = (): number => {
    // No further than that: it is asked for with each packet, and very many may be retained.
    const first = retained.slice(0, limits.recordsPerDatagram);
    const set = first.findIndex(({ record }) => record.type === 'set');
    return set < 0 ? limits.recordsPerDatagram : Math.max(1, set);
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
      tries = 0;
      for (const record of snapshot) keep(record, nowMs);
      floor = tip;
    },
    acknowledge: (of, applied, nowMs) => {
      if (!isSame(session, of) || applied > tip || applied < acknowledged) return;
      retained.splice(0, applied - acknowledged);
      if (applied > acknowledged) [progressMs, tries] = [nowMs, 0];
      [acknowledged, sent] = [applied, Math.max(sent, applied)];
      const keepsUp = applied >= snapshotEnd && ageMs(nowMs) < limits.holdMs / 2;
      if (keepsUp) wait(true);
    },
    send: (nowMs) => {
      if (!session) return [];
      if (sent > acknowledged && nowMs - progressMs >= limits.retransmitMs * 2 ** Math.min(tries, MOST_DOUBLED))
        [sent, tries] = [acknowledged, tries + 1];
      const datagrams: FromActive[] = [];
      const until = Math.min(tip, acknowledged + (tries > 0 ? oneDatagram() : limits.window));
      while (sent < until) {
        const from = sent - acknowledged;
        const records = retained
          .slice(from, from + Math.min(limits.recordsPerDatagram, until - sent))
          .map(({ record }) => record);
        datagrams.push({ type: 'records', session, first: sent + 1, records, snapshotEnd });
        if (tries > 0) sentAgain += records.length;
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
