import type { Core, HeldPacket } from './effects.ts';
import { type ExceptionState, serverForHeld } from './first-packet.ts';
import type { FlowName, LogRecord, ServerName } from './records.ts';
import type { Selections, SlotNumber } from './rule.ts';
import type { Slots } from './slots.ts';

/** The active's exceptions, the held packets that wait for them, and how they go once they are not needed. */
export interface Exceptions {
  /** The data path has handed over a packet without a connection entry. */
  firstPacket(packet: HeldPacket): void;
  /** The walk has found an entry: from now on the rule says so whatever becomes of its slot. Whether there was room. */
  explain(flow: FlowName, server: ServerName): boolean;
  /**
   * Now and then: exceptions that nobody needs go, and those of connections that are over, which have no entry in any table. Looks at so
   * many, from where it was. @returns whether it has come to the end, and begins anew the next time
   */
  reviewExceptions(hasEntry: (flow: FlowName) => boolean, most: number): boolean;
  lookedAgain(review: number, flows: readonly FlowName[], hasEntry: (flow: FlowName) => boolean): void;
  granted(record: Exclude<LogRecord, { type: 'set' }>, number: number): void;
  /** None is on its way out any more. */
  keepAll(): void;
  /** What the rule says of them once everything logged has been applied. */
  rule(): Map<FlowName, ServerName>;
  size(): number;
  held(): number;
}

interface Exception {
  server: ServerName;
  state: ExceptionState;
  /** Of its last record. */
  number: number;
  /** The review that has found its connection over: a later one needs a barrier of its own. */
  review: number;
  /** In this reign the flow has had an entry. */
  isSeen: boolean;
  waiting: HeldPacket[];
  /** What the data path has. */
  shown?: { server: ServerName; isSettled: boolean };
}

export interface ExceptionsOptions {
  core: Core;
  committed: Selections;
  slots: Slots;
  append(record: LogRecord): number;
  slotOf(flow: FlowName): SlotNumber;
  /** What the node answered by when this reign began. */
  before: ReadonlyMap<FlowName, ServerName>;
  most: { exceptions: number; frames: number };
}

const newException = (server: ServerName): Exception => ({
  server,
  state: 'adding',
  number: 0,
  review: 0,
  isSeen: false,
  waiting: [],
});

export function openExceptions(options: ExceptionsOptions): Exceptions {
  const { core, committed, slots, append, slotOf, before, most } = options;
  const table = new Map<FlowName, Exception>();
  let round: MapIterator<[FlowName, Exception]> | undefined;
  let [held, reviews] = [0, 0];
  for (const [flow, server] of before)
    table.set(flow, { ...newException(server), state: 'settled', shown: { server, isSettled: true } });

  /** Written where it is another one than the data path has. */
  const show = (flow: FlowName): void => {
    const at = table.get(flow);
    if (!at) {
      core.emit({ type: 'writeException', flow, exception: undefined });
      return;
    }
    const { server, shown } = at;
    const isSettled = at.state === 'settled';
    if (shown?.server === server && shown.isSettled === isSettled) return;
    at.shown = { server, isSettled };
    core.emit({ type: 'writeException', flow, exception: at.shown });
  };

  const add = (flow: FlowName, server: ServerName): Exception => {
    const exception = table.get(flow) ?? newException(server);
    Object.assign(exception, { server, state: 'adding', number: append({ type: 'add', flow, server }) });
    table.set(flow, exception);
    show(flow);
    return exception;
  };

  const become = (flow: FlowName, state: ExceptionState): void => {
    const exception = table.get(flow);
    if (exception) exception.state = state;
    show(flow);
  };

  const hold = (packet: HeldPacket, exception: Exception): void => {
    if (held >= most.frames) {
      core.emit({ type: 'drop', packet });
      return;
    }
    exception.waiting.push(packet);
    held++;
    core.emit({ type: 'hold', packet, server: exception.server });
  };

  /** A packet for which no exception answers, and which may not go where its slot says before the standby knows. */
  const chooseServer = (packet: HeldPacket): void => {
    const { flow, slot, kind } = packet;
    const servers = { committed: committed.serverAt(slot), wished: slots.wishedAt(slot) };
    const server = serverForHeld(kind, servers, core.isInGrace(), core.isGone);
    if (server === undefined) core.emit({ type: 'drop', packet });
    else hold(packet, add(flow, server));
  };

  const firstPacket = (packet: HeldPacket): void => {
    const { flow, slot } = packet;
    const exception = table.get(flow);
    if (exception && exception.state !== 'deleting' && !core.isGone(exception.server)) {
      if (exception.state === 'adding') hold(packet, exception);
      else forwardByException(packet, exception);
    } else if (exception) chooseServer(packet);
    else if (!slots.isHeld(slot)) forwardByRule(packet);
    else if (table.size < most.exceptions) chooseServer(packet);
    else if (slots.withdraw(slot)) forwardByRule(packet);
    else core.emit({ type: 'drop', packet });
  };

  /** One that was on its way out is not: its flow is alive. */
  const forwardByException = (packet: HeldPacket, exception: Exception): void => {
    if (exception.state === 'ending') become(packet.flow, 'settled');
    exception.isSeen = true;
    core.emit({ type: 'forward', packet, server: exception.server });
  };

  const forwardByRule = (packet: HeldPacket): void => {
    const server = committed.serverAt(packet.slot);
    if (server === undefined) core.emit({ type: 'drop', packet });
    else core.emit({ type: 'forward', packet, server });
  };

  const release = (exception: Exception): void => {
    for (const packet of exception.waiting.splice(0)) {
      held--;
      exception.isSeen = true;
      core.emit({ type: 'forward', packet, server: exception.server });
    }
  };

  /** Where slot and exception say the same, nothing changes for the flow when the exception goes. */
  const isUnneeded = (flow: FlowName): boolean => {
    const exception = table.get(flow);
    const slot = slotOf(flow);
    const isSettled = exception?.state === 'settled' && !slots.isHeld(slot) && !core.isAtRest();
    return isSettled && committed.serverAt(slot) === exception.server;
  };

  /** After a barrier: a frame that the exception held must be decided by it, and not by a slot that is marked next. */
  const deleteFreely = (flows: readonly FlowName[]): void => {
    if (flows.length === 0) return;
    core.barrier(() => {
      for (const flow of flows.filter(isUnneeded)) {
        append({ type: 'del', flow });
        table.delete(flow);
        show(flow);
      }
    });
  };

  const deleteInSteps = (flows: readonly FlowName[]): void => {
    if (flows.length === 0) return;
    const review = ++reviews;
    for (const flow of flows) {
      Object.assign(table.get(flow) ?? {}, { review });
      become(flow, 'ending');
    }
    core.barrier(() => core.emit({ type: 'lookAgain', review, flows }));
  };

  return {
    firstPacket,
    explain: (flow, server) => {
      const exception = table.get(flow);
      if (!exception && table.size >= most.exceptions) return false;
      if (!exception || exception.state === 'deleting' || exception.server !== server) add(flow, server);
      const known = table.get(flow);
      if (known) known.isSeen = true;
      return true;
    },
    reviewExceptions: (hasEntry, most) => {
      const [unneeded, over]: [FlowName[], FlowName[]] = [[], []];
      const looking = round ?? table.entries();
      round = looking;
      for (let left = most; left > 0; left--) {
        const { value } = looking.next();
        if (!value) {
          round = undefined;
          break;
        }
        const [flow, exception] = value;
        const isThere = hasEntry(flow);
        if (isThere) exception.isSeen = true;
        if (exception.state !== 'settled' || core.isAtRest()) continue;
        if (core.isInGrace() && !exception.isSeen) continue;
        if (isUnneeded(flow)) unneeded.push(flow);
        else if (!isThere) over.push(flow);
      }
      deleteFreely(unneeded);
      deleteInSteps(over);
      return round === undefined;
    },
    lookedAgain: (review, flows, hasEntry) => {
      for (const flow of flows) {
        const exception = table.get(flow);
        if (exception?.state !== 'ending' || exception.review !== review) continue;
        if (hasEntry(flow) || core.isAtRest()) become(flow, 'settled');
        else {
          exception.number = append({ type: 'del', flow });
          become(flow, 'deleting');
        }
      }
    },
    granted: (record, number) => {
      const exception = table.get(record.flow);
      if (exception?.number !== number) return;
      if (record.type === 'del') {
        table.delete(record.flow);
        show(record.flow);
        slots.rest(slotOf(record.flow));
      } else {
        become(record.flow, 'settled');
        release(exception);
      }
    },
    keepAll: () => {
      for (const [flow, { state }] of table) if (state === 'ending') become(flow, 'settled');
    },
    rule: () => new Map(Array.from(table, ([flow, { server }]) => [flow, server])),
    size: () => table.size,
    held: () => held,
  };
}
