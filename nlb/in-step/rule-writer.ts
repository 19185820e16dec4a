import type { HeldFlows } from '../datapath/held-flows.ts';
import type { Address } from '../datapath/specification/address.ts';
import { held, isHeld, serverIn } from '../datapath/tables/slot.ts';
import type { LogRecord, ServerName, Skipped } from '../sync/records.ts';
import { emptyRule, type Rule } from '../sync/rule.ts';
import type { Wish } from '../sync/slots.ts';
import { flowName, flowNamed } from './names.ts';
import type { Numbers } from './numbers.ts';
import { openPathWriter } from './path-writer.ts';

/**
 * Keeps the data path of a node that does not lead as its rule says, with nothing held, so that it may lead at any instant; and reads
 * the rule that an earlier life of the daemon has left there.
 */
export interface RuleWriter {
  /** All of it. What the data path has besides goes. */
  all(rule: Rule): void;
  /** The slots of one pool. */
  pool(name: string, rule: Rule): void;
  /** What is wished is the rule from now on. @param isMore the rest of what is wished of the pool comes soon, and is written with this */
  place(wished: readonly Wish[], rule: Rule, isMore: boolean): void;
  /** In the data path at the end of this turn, or with `flush`. */
  record(record: LogRecord | Skipped): void;
  /** Throws what the data path throws. */
  flush(): void;
  /** The server has another number: wherever it stands, whether held or not. */
  renumber(server: ServerName, from: number, to: number): void;
  /** Of what the data path has; undefined where that has nobody for any slot. */
  read(): Rule | undefined;
}

type WrittenFlows = Pick<HeldFlows, 'putSlots' | 'putRow' | 'readSlots' | 'exceptions'>;
type WrittenNumbers = Pick<Numbers, 'pools' | 'rowOf' | 'idOf' | 'serverOf'>;

/** @param perPool how many slots each pool has */
export function openRuleWriter(heldFlows: WrittenFlows, numbers: WrittenNumbers, perPool: number): RuleWriter {
  const { exceptions } = heldFlows;
  const contentFor = (server: ServerName | undefined): number =>
    server === undefined ? NOBODY : (numbers.idOf(server) ?? NOBODY);
  const putException = (flow: string, server: ServerName): void => {
    const id = numbers.idOf(server);
    const exception = id === undefined ? undefined : { server: id, serverAddress: server as Address, isSettled: true };
    writer.exception(flowNamed(flow), exception);
  };
  const dropOthers = (rule: Rule): void => {
    for (const some of exceptions.list())
      exceptions.dropAll(some.map(([flow]) => flow).filter((flow) => !rule.exceptions.has(flowName(flow))));
  };
  const writer = openPathWriter(heldFlows, numbers.rowOf);
  const putPool = (pool: string, { selections }: Rule): void => {
    const [row, from] = [numbers.rowOf(pool), selections.slotOf(pool, 0)];
    writer.flush();
    if (row === undefined) return;
    const content = (_: unknown, slot: number): number => contentFor(selections.serverAt(from + slot));
    heldFlows.putRow(row, Int32Array.from({ length: perPool }, content));
  };
  return {
    all: (rule) => {
      writer.flush();
      for (const pool of numbers.pools()) putPool(pool, rule);
      dropOthers(rule);
      for (const [flow, server] of rule.exceptions) putException(flow, server);
      writer.flush();
    },
    pool: putPool,
    place: (wished, rule, isMore) => {
      const { selections } = rule;
      for (const [slot, server] of wished) selections.put(slot, server);
      if (isMore) return;
      for (const pool of new Set(wished.map(([slot]) => selections.positionOf(slot).pool))) putPool(pool, rule);
    },
    record: (record) => {
      if (record.type === 'add') putException(record.flow, record.server);
      else if (record.type === 'del') writer.exception(flowNamed(record.flow), undefined);
      else if (record.type === 'set') {
        const content = contentFor(record.server);
        for (const slot of record.slots) writer.slot(record.pool, slot, content);
      }
    },
    flush: writer.flush,
    renumber: (server, from, to) => {
      writer.flush();
      for (const pool of numbers.pools())
        for (const [slot, content] of heldFlows.readSlots(numbers.rowOf(pool) ?? 0).entries())
          if (serverIn(content) === from) writer.slot(pool, slot, isHeld(content) ? held(to) : to);
      writer.flush();
      for (const some of exceptions.list())
        exceptions.putAll(
          some
            .filter(([, { serverAddress }]) => serverAddress === server)
            .map(([flow, exception]) => [flow, { ...exception, server: to }]),
        );
    },
    read: () => {
      const rule = emptyRule(perPool);
      let isThere = false;
      for (const pool of numbers.pools()) {
        const from = rule.selections.slotOf(pool, 0);
        for (const [slot, content] of heldFlows.readSlots(numbers.rowOf(pool) ?? 0).entries()) {
          const server = numbers.serverOf(serverIn(content));
          if (server !== undefined) isThere = true;
          rule.selections.put(from + slot, server);
        }
      }
      for (const some of exceptions.list())
        for (const [flow, { serverAddress }] of some) rule.exceptions.set(flowName(flow), serverAddress);
      return isThere || rule.exceptions.size > 0 ? rule : undefined;
    },
  };
}

/** In a wanted selection (nlb/datapath/tables/slot.ts). */
const NOBODY = -1;
