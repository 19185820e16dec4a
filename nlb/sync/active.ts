import type { Core, Effect, HeldPacket } from './effects.ts';
import { openExceptions } from './exceptions.ts';
import { type Log, openLog } from './log.ts';
import { type FlowName, type FromStandby, isSame, type LogRecord, type ServerName, type Session } from './records.ts';
import { type Rule, type SlotNumber, snapshotOf } from './rule.ts';
import type { SyncSettings } from './settings.ts';
import { openSlots, type Wish } from './slots.ts';

/**
 * The engine of the node that leads: what it wishes becomes what is committed, and at every instant the standby's rule
 * explains every live connection. It reads no clock and touches nothing: each call takes the time, and what is to be done
 * comes out as effects, in order.
 */
export interface Active {
  /** @param isMore the rest of what is wished comes soon */
  wish(slots: Iterable<Wish>, nowMs: number, isMore?: boolean): void;
  /**
   * No hardware address for a while, or out of the configuration; or there again, under another number in the data path: its
   * old entries are of nobody, for its slots have become another's without a walk.
   */
  serverChanged(server: ServerName, isGone: boolean, nowMs: number): void;
  /** The servers that the standby's configuration has, once both digests are known to differ; undefined while they agree. */
  peerKnows(servers: ReadonlySet<ServerName> | undefined, nowMs: number): void;
  firstPacket(packet: HeldPacket, nowMs: number): void;
  barrierPassed(id: number, nowMs: number): void;
  found(change: number, flow: FlowName, server: ServerName, nowMs: number): void;
  /** Some have been found; the walk goes on with the effect `walkOn`, at once if it may. */
  walkedSoFar(change: number, nowMs: number): void;
  walked(change: number, nowMs: number): void;
  /** After the effect `goOn`. */
  goOn(nowMs: number): void;
  /** Looks at so many exceptions, or at all. @returns whether it has come to the end */
  reviewExceptions(hasEntry: (flow: FlowName) => boolean, nowMs: number, most?: number): boolean;
  lookedAgain(review: number, flows: readonly FlowName[], hasEntry: (flow: FlowName) => boolean, nowMs: number): void;
  receive(datagram: FromStandby, nowMs: number): void;
  tick(nowMs: number): void;
  /** Before a handover, or before leaving all to a successor: give up what is not logged, and plan nothing more. */
  leave(nowMs: number): void;
  /** The handover is not to be after all. */
  stay(nowMs: number): void;
  /** Everything logged has been granted, nothing is held, so another may lead, or nobody read held packets. */
  hasLeft(): boolean;
  /** All that is logged, whether it is acknowledged or not. */
  exceptions(): ReadonlyMap<FlowName, ServerName>;
  status(): SyncStatus;
}

export interface SyncStatus {
  session: Session | undefined;
  isInStep: boolean;
  isInGrace: boolean;
  /** Until nothing can be alive that only R and E know of. */
  graceLeftMs: number;
  tip: number;
  granted: number;
  acknowledged: number;
  exceptions: number;
  heldFrames: number;
  sentAgain: number;
  /** Records that were logged in this reign, of each kind; those that make a snapshot are not among them. */
  logged: Record<LogRecord['type'], number>;
  /** Slots whose SET is not acknowledged. */
  setting: number;
  /** Slots that are wished elsewhere than they are committed. */
  drifting: number;
}

export interface ActiveOptions {
  reign: number;
  /** What this node answered by as a standby, or has in its data path. Its selections become what is committed. */
  rule: Rule;
  settings: SyncSettings;
  slotOf(flow: FlowName): SlotNumber;
  /** Gone by the verdicts that this node starts from. */
  gone: Iterable<ServerName>;
  /** Whether there is a connection of before this reign that the tables do not know. */
  startsInGrace: boolean;
  nowMs: number;
  emit(effect: Effect): void;
  /** For whoever checks the log. */
  logged?(record: LogRecord, number: number): void;
}

/** What is granted at once, in slots and exceptions: a millisecond or two. */
const MOST_GRANTED = 512;
const weightOf = (record: LogRecord): number => (record.type === 'set' ? record.slots.length : 1);

export function openActive({ reign, rule, settings, slotOf, emit, ...options }: ActiveOptions): Active {
  const { selections } = rule;
  const log = openLog(settings);
  const gone = new Set(options.gone);
  const ungranted: { record: LogRecord; number: number }[] = [];
  const barriers = new Map<number, () => void>();
  const settledMs = options.nowMs + (options.startsInGrace ? settings.settleMs : 0);
  const graceEndsMs = options.nowMs + (options.startsInGrace ? settings.graceMs : 0);
  let nowMs = options.nowMs;
  let known: ReadonlySet<ServerName> | undefined;
  /** Changes whose walk waits. */
  const paused = new Set<number>();
  /** Attachments whose log is over: numbers of another log may be under way. */
  const over = new Set<number>();
  let barrierIds = 0;
  let [hasBegun, isLeaving] = [false, false];

  const core: Core = {
    emit,
    isGone: (server) => server !== undefined && gone.has(server),
    barrier: (then) => {
      barriers.set(++barrierIds, then);
      emit({ type: 'barrier', id: barrierIds });
    },
    isInGrace: () => nowMs < graceEndsMs,
    isAtRest: () => isLeaving || !hasBegun || nowMs < settledMs,
  };
  const logged = { set: 0, add: 0, del: 0 };
  const append = (record: LogRecord): number => {
    const number = log.append(record, nowMs);
    logged[record.type]++;
    ungranted.push({ record, number });
    options.logged?.(record, number);
    return number;
  };
  const mayMove = (drifting: number, server: ServerName | undefined): boolean =>
    (!core.isInGrace() || drifting < settings.mostDrifting) &&
    exceptions.size() < settings.mostExceptions * ROOMY &&
    (server === undefined || (known?.has(server) ?? true));
  const slots = openSlots({ core, committed: selections, append, mayMove });
  const most = { exceptions: settings.mostExceptions, frames: settings.mostHeldFrames };
  const exceptions = openExceptions({
    core,
    committed: selections,
    slots,
    append,
    slotOf,
    before: rule.exceptions,
    most,
  });

  /** What counts as acknowledged takes effect; then whatever has become possible is done, and sent. */
  function proceed(): void {
    let left = MOST_GRANTED;
    do {
      left = grant(left);
      if (isLeaving) slots.withdrawAll();
      slots.proceed();
    } while (left > 0 && grantable() > 0);
    if (grantable() > 0) emit({ type: 'goOn' });
    for (const datagram of log.send(nowMs)) emit({ type: 'send', datagram });
    if (ungranted.length > settings.mostBeforeWalk) return;
    for (const change of paused) {
      paused.delete(change);
      emit({ type: 'walkOn', change });
    }
  }

  /** So much of what counts as acknowledged; a little more, if the last is a record of many slots. @returns how much is left of `most` */
  function grant(most: number): number {
    let left = most;
    for (let count = grantable(left); count > 0; count = grantable(left))
      for (const { record, number } of ungranted.splice(0, count)) {
        left -= weightOf(record);
        if (record.type === 'set') slots.granted(record, number);
        else exceptions.granted(record, number);
      }
    return left;
  }

  /** Counted first and taken out at once: one by one takes as long for each as there are many. */
  function grantable(most = 1): number {
    const granted = log.granted();
    let [count, left] = [0, most];
    for (let next = ungranted[0]; left > 0 && next && next.number <= granted; next = ungranted[++count])
      left -= weightOf(next.record);
    return count;
  }

  const at = (instantMs: number, what: () => void): void => {
    nowMs = instantMs;
    what();
    proceed();
  };
  /** What may let wishes count that did not before. */
  const waking = (instantMs: number, what: () => void): void => {
    slots.wake();
    at(instantMs, what);
  };

  /** A log of its own for each attachment; what was logged before counts as acknowledged, and is in the snapshot. */
  function attach({ attachment }: { attachment: number }): void {
    if (isSame(log.session(), { reign, attachment })) return;
    const session = { reign, attachment };
    if (over.has(attachment)) {
      emit({ type: 'send', datagram: { type: 'ended', session } });
      return;
    }
    over.add(attachment);
    log.end();
    grant(Number.POSITIVE_INFINITY);
    proceed();
    grant(Number.POSITIVE_INFINITY);
    log.begin(session, snapshotOf({ selections, exceptions: exceptions.rule() }), nowMs);
  }

  function receive(datagram: FromStandby): void {
    if (datagram.session.reign !== reign) return;
    if (datagram.type === 'attach') attach(datagram.session);
    else if (isSame(log.session(), datagram.session)) log.acknowledge(datagram.session, datagram.applied, nowMs);
    else emit({ type: 'send', datagram: { type: 'ended', session: datagram.session } });
  }

  for (const server of gone) slots.serverChanged(server);
  // What an earlier daemon had marked is not any more: it must not be marked again before what was held has been decided.
  core.barrier(() => {
    hasBegun = true;
  });
  return {
    wish: (wishes, ms, isMore = false) => waking(ms, () => slots.wish(wishes, isMore)),
    serverChanged: (server, isGone, ms) =>
      waking(ms, () => {
        if (isGone) gone.add(server);
        else gone.delete(server);
        slots.serverChanged(server);
      }),
    peerKnows: (servers, ms) =>
      waking(ms, () => {
        known = servers;
      }),
    firstPacket: (packet, ms) => at(ms, () => exceptions.firstPacket(packet)),
    barrierPassed: (id, ms) =>
      waking(ms, () => {
        const then = barriers.get(id);
        barriers.delete(id);
        then?.();
      }),
    found: (change, flow, server, ms) =>
      at(ms, () => {
        const slot = slotOf(flow);
        if (slots.isWalked(change, slot) && !exceptions.explain(flow, server)) slots.withdraw(slot);
      }),
    walkedSoFar: (change, ms) => at(ms, () => paused.add(change)),
    walked: (change, ms) => waking(ms, () => slots.walked(change)),
    goOn: (ms) => at(ms, () => {}),
    reviewExceptions: (hasEntry, ms, most = Number.POSITIVE_INFINITY) => {
      let isOver = false;
      at(ms, () => {
        isOver = exceptions.reviewExceptions(hasEntry, most);
      });
      return isOver;
    },
    lookedAgain: (id, flows, hasEntry, ms) => waking(ms, () => exceptions.lookedAgain(id, flows, hasEntry)),
    receive: (datagram, ms) => at(ms, () => receive(datagram)),
    tick: (ms) => {
      // Time alone lets wishes count when it is settled, and when grace is over; and there may be very many wishes.
      if ([settledMs, graceEndsMs].some((instantMs) => nowMs < instantMs && ms >= instantMs)) slots.wake();
      at(ms, () => log.tick(ms));
    },
    leave: (ms) =>
      waking(ms, () => {
        isLeaving = true;
        slots.withdrawAll();
        exceptions.keepAll();
      }),
    stay: (ms) =>
      waking(ms, () => {
        isLeaving = false;
      }),
    hasLeft: () => isLeaving && ungranted.length === 0 && slots.setting() === 0,
    exceptions: exceptions.rule,
    status: () => ({
      ...statusOf(log, core, exceptions, slots),
      graceLeftMs: Math.max(0, graceEndsMs - nowMs),
      logged: { ...logged },
    }),
  };
}

/** New changes begin only while so much of the room for exceptions is used at the most, so that none is given up and begun in turns. */
const ROOMY = 0.75;

function statusOf(
  log: Log,
  core: Core,
  exceptions: { size(): number; held(): number },
  slots: { setting(): number; drifting(): number },
): Omit<SyncStatus, 'graceLeftMs' | 'logged'> {
  return {
    session: log.session(),
    isInStep: log.isInStep(),
    isInGrace: core.isInGrace(),
    tip: log.tip(),
    granted: log.granted(),
    acknowledged: log.acknowledged(),
    exceptions: exceptions.size(),
    heldFrames: exceptions.held(),
    sentAgain: log.sentAgain(),
    setting: slots.setting(),
    drifting: slots.drifting(),
  };
}
