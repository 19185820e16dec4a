import { parentPort, workerData } from 'node:worker_threads';
import { awaitReadable } from '../../kernel/readiness.ts';
import { type HeldFlowsParts, openHeldFlowsFrom } from '../held-flows.ts';
import type { Exception } from '../specification/knowledge.ts';
import type { SlotChange } from '../tables/selection-table.ts';

/** Support for tests: a thread that opens the held flows from what it was posted, and sends one frame to where it is told. */
export interface HeldFlowsThreadOptions {
  parts: HeldFlowsParts;
  row: number;
  slots: SlotChange[];
  exception: Exception;
}

const { parts, row, slots, exception } = workerData as HeldFlowsThreadOptions;
const heldFlows = openHeldFlowsFrom(parts);
heldFlows.putSlots(row, slots);
parentPort?.postMessage('held');
awaitReadable([heldFlows.frames.fd], 10_000);
const [frame] = heldFlows.frames.take(1);
if (!frame) throw new Error('no frame is held within 10 s');
await heldFlows.programsEnded();
heldFlows.exceptions.put(frame.flow, exception);
const released = heldFlows.release(frame);
const walked = [...heldFlows.walk()].flat();
heldFlows.close();
parentPort?.postMessage({ flow: frame.flow, released, walked });
