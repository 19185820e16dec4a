import type { HeldFlows } from '../datapath/held-flows.ts';
import type { Flow } from '../datapath/specification/flow.ts';
import type { Exception } from '../datapath/specification/knowledge.ts';
import { openExceptionWriter } from './exception-writer.ts';
import { openSlotWriter } from './slot-writer.ts';

/**
 * Slots and exceptions go to the data path in the order in which they are written, so that it has what a prefix of the log says at every
 * instant, in which this node may have to lead. Of one kind, what is written one after the other goes together.
 */
export interface PathWriter {
  /** Written at the end of this turn at the latest. @param content as in a wanted selection (nlb/datapath/tables/slot.ts) */
  slot(pool: string, slot: number, content: number): void;
  /** The same. @param exception undefined: the flow has none any more */
  exception(flow: Flow, exception: Exception | undefined): void;
  /** Write what waits now. Throws what the data path throws. */
  flush(): void;
}

/** @param rowOf row of a pool in the data path; what it has no row for is not written */
export function openPathWriter(
  heldFlows: Pick<HeldFlows, 'putSlots' | 'exceptions'>,
  rowOf: (pool: string) => number | undefined,
): PathWriter {
  const [slots, exceptions] = [openSlotWriter(heldFlows, rowOf), openExceptionWriter(heldFlows)];
  return {
    slot: (pool, slot, content) => {
      exceptions.flush();
      slots.write(pool, slot, content);
    },
    exception: (flow, exception) => {
      slots.flush();
      exceptions.write(flow, exception);
    },
    flush: () => {
      slots.flush();
      exceptions.flush();
    },
  };
}
