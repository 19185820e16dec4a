import type { HeldFlows } from '../datapath/held-flows.ts';
import type { Address } from '../datapath/specification/address.ts';
import { type FlowNumbers, PROTOCOL } from '../datapath/specification/flow.ts';
import type { WalkedConnection } from '../datapath/tables/connection-numbers.ts';
import type { HeldFrame } from '../datapath/tables/held-ring.ts';
import { held } from '../datapath/tables/slot.ts';
import { monotonicNs } from '../kernel/clock.ts';
import type { Active } from '../sync/active.ts';
import type { Effect, HeldPacket } from '../sync/effects.ts';
import type { FlowName, ServerName } from '../sync/records.ts';
import type { SlotNumber } from '../sync/rule.ts';
import { openHeldTimes } from './held-times.ts';
import { flowName, flowNamed } from './names.ts';
import { openPathWriter } from './path-writer.ts';
import type { Throttle } from './throttle.ts';

/** Carries out on the data path of this node what the engine of the active says, and tells it what it has found. */
export interface Duties {
  /** In the order in which the engine says it. */
  execute(effect: Exclude<Effect, { type: 'send' }>): void;
  /** Hand the frames that wait to the engine. Call it when `heldFlows.frames.fd` is readable. */
  readFrames(): void;
  /** Let the engine look for exceptions whose connections are over, at so many. @returns whether it has come to the end */
  review(most: number): boolean;
  counts(): DutyCounts;
  /** Nothing is carried out and nothing reported from now on, so that the data path may be closed. */
  close(): void;
}

export interface DutyCounts {
  /** Frames that wait now. */
  waiting: number;
  released: number;
  /** That the data path did not forward when they were to go on, or the kernel did not send. */
  notReleased: number;
  /** That the engine gave up. */
  dropped: number;
  /** For how long the last thousand waited that were released; absent where there was none. */
  heldMs?: { p50: number; p99: number; most: number };
}

/** What a node calls by numbers of its own. */
export interface Naming {
  /** The slot of a flow, as the data path chooses it; undefined if it is of no pool. */
  slotOf(flow: FlowNumbers): SlotNumber | undefined;
  /** Of the engine's selections. */
  positionOf(slot: SlotNumber): { pool: string; slot: number };
  /** Of a pool's selection in the data path; undefined if it has none: then there is nothing to write. */
  rowOf(pool: string): number | undefined;
  /** Of the engine's selections: that of a slot of the service of that number. */
  slotIn(service: number, slot: number): SlotNumber;
  /** The data path's number of a server; undefined if it has none. */
  idOf(server: ServerName): number | undefined;
}

export interface DutyParts {
  heldFlows: HeldFlows;
  naming: Naming;
  /** Undefined before there is one: what it says until then is over when it is there. */
  engine(): Active | undefined;
  nowMs(): number;
  /** Of what takes long. */
  throttle: Throttle;
  /** What went wrong, for the operator. */
  problem(text: string): void;
}

/** Frames that are handed over at a time. */
const AT_ONCE = 64;

export function openDuties({ heldFlows, naming, engine, nowMs, throttle, problem }: DutyParts): Duties {
  const frames = new Map<number, HeldFrame>();
  const counts = { released: 0, notReleased: 0, dropped: 0 };
  const times = openHeldTimes();
  let [begun, isClosed] = [0, false];
  const packetOf = (frame: HeldFrame): HeldPacket => {
    const id = ++begun;
    frames.set(id, frame);
    return { flow: flowName(frame.flow), slot: naming.slotIn(frame.service, frame.slot), kind: kindOf(frame), id };
  };
  /** All that is in the ring now. */
  const readFrames = (): void => {
    for (;;) {
      const some = heldFlows.frames.take(AT_ONCE);
      for (const frame of some) engine()?.firstPacket(packetOf(frame), nowMs());
      if (some.length < AT_ONCE) return;
    }
  };
  /** Its entry if it is of a server that still has the number. */
  const isCurrent = ({ server, serverAddress }: WalkedConnection): boolean => naming.idOf(serverAddress) === server;
  const later = (what: string, work: Promise<void>): void => {
    work.catch((error: unknown) => problem(`${what}: ${error instanceof Error ? error.message : String(error)}`));
  };
  const passBarrier = async (id: number): Promise<void> => {
    await heldFlows.programsEnded();
    if (isClosed) return;
    readFrames();
    engine()?.barrierPassed(id, nowMs());
  };
  /** Walks that wait, by their changes: what lets them go on. */
  const paused = new Map<number, () => void>();
  const walk = async (change: number, slots: ReadonlySet<SlotNumber>): Promise<void> => {
    const isWanted = (flow: FlowNumbers): boolean => {
      const slot = naming.slotOf(flow);
      return slot !== undefined && slots.has(slot);
    };
    const steps = heldFlows.walk(isWanted);
    /** What is read is said at once: a moment later the same ports may be of a connection that the engine has placed elsewhere. */
    const step = (): number | undefined => {
      const { done, value = [] } = steps.next();
      const entries = value.filter(isCurrent);
      for (const { flow, serverAddress } of entries) engine()?.found(change, flowName(flow), serverAddress, nowMs());
      return done ? undefined : entries.length;
    };
    for (;;) {
      const found = await throttle.piece(step);
      if (found) await mayGoOn(change);
      if (isClosed) return;
      if (found === undefined) break;
    }
    engine()?.walked(change, nowMs());
  };
  const mayGoOn = (change: number): Promise<void> =>
    new Promise((goOn) => {
      paused.set(change, goOn);
      engine()?.walkedSoFar(change, nowMs());
    });
  const walkOn = (change: number): void => {
    paused.get(change)?.();
    paused.delete(change);
  };
  let isGoingOn = false;
  const goOn = (): void => {
    if (isGoingOn) return;
    isGoingOn = true;
    const rest = async (): Promise<void> => {
      await turnOfOthers();
      isGoingOn = false;
      if (!isClosed) await throttle.piece(() => engine()?.goOn(nowMs()));
    };
    later('go on', rest());
  };
  const hasEntry = (flow: FlowName): boolean => heldFlows.hasEntry(flowNamed(flow));
  const lookAgain = async (review: number, flows: readonly FlowName[]): Promise<void> => {
    await turnOfOthers();
    if (isClosed) return;
    engine()?.lookedAgain(review, flows, hasEntry, nowMs());
  };
  const writeException = ({ flow, exception }: Extract<Effect, { type: 'writeException' }>): void => {
    const [key, id] = [flowNamed(flow), exception && naming.idOf(exception.server)];
    if (!exception) writer.exception(key, undefined);
    else if (id !== undefined)
      writer.exception(key, {
        server: id,
        serverAddress: exception.server as Address,
        isSettled: exception.isSettled,
      });
  };
  const forward = ({ id }: HeldPacket): void => {
    const frame = frames.get(id);
    frames.delete(id);
    if (!frame || !heldFlows.release(frame)) {
      counts.notReleased++;
      return;
    }
    counts.released++;
    times.add(monotonicNs() - frame.arrivedNs);
  };
  const writer = openPathWriter(heldFlows, naming.rowOf);
  const writeSlot = ({ slot: number, server, isHeld }: Extract<Effect, { type: 'writeSlot' }>): void => {
    const { pool, slot } = naming.positionOf(number);
    const id = server === undefined ? NOBODY : (naming.idOf(server) ?? NOBODY);
    writer.slot(pool, slot, isHeld ? held(id) : id);
  };
  const execute: Duties['execute'] = (effect) => {
    if (isClosed) return;
    if (effect.type !== 'writeSlot' && effect.type !== 'writeException') writer.flush();
    switch (effect.type) {
      case 'writeSlot':
        return writeSlot(effect);
      case 'writeException':
        return writeException(effect);
      case 'barrier':
        return later('wait for programs that run', passBarrier(effect.id));
      case 'walk':
        return later('walk through the connections', walk(effect.change, effect.slots));
      case 'walkOn':
        return walkOn(effect.change);
      case 'goOn':
        return goOn();
      case 'lookAgain':
        return later('look again for connections', lookAgain(effect.review, effect.flows));
      case 'forward':
        return forward(effect.packet);
      case 'hold':
        return undefined;
      case 'drop':
        counts.dropped++;
        frames.delete(effect.packet.id);
    }
  };
  return {
    execute,
    readFrames: () => {
      writer.flush();
      readFrames();
    },
    review: (most) => engine()?.reviewExceptions(hasEntry, nowMs(), most) ?? true,
    counts: () => {
      const heldMs = times.ms();
      return { ...counts, waiting: frames.size, ...(heldMs && { heldMs }) };
    },
    close: () => {
      writer.flush();
      isClosed = true;
      for (const change of [...paused.keys()]) walkOn(change);
    },
  };
}

/** In a wanted selection (nlb/datapath/tables/slot.ts). */
const NOBODY = -1;
const TCP_SYN_ACK = 0x12;
const TCP_SYN = 0x02;

function kindOf({ flow, tcpFlags }: HeldFrame): HeldPacket['kind'] {
  if (flow.protocol !== PROTOCOL.tcp) return 'udp';
  return (tcpFlags & TCP_SYN_ACK) === TCP_SYN ? 'syn' : 'tcp';
}

/** Sockets and timers have theirs. */
const turnOfOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
