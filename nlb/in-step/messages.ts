import type { HeldFlowsParts } from '../datapath/held-flows.ts';
import type { NodeOrders } from '../sync/link/node.ts';
import type { Configured, PoolWeights, ServerSeen } from './configured.ts';
import type { InStepStatus } from './status.ts';

/** What the main thread and the thread that keeps the pair in step say to each other. */

/** All that the thread is given before it begins. */
export interface InStepOrders {
  link: NodeOrders;
  heldFlows: HeldFlowsParts;
  leaseFd: number;
  /** For how long an exception may be of a server that this node takes for gone, before it has looked itself. */
  goneAfterMs: number;
  /** Whether the tables, connections included, are those of an earlier life of the daemon. */
  adopted: boolean;
}

export type ToInStep =
  /** Once the data path is there; before anything else. */
  | { type: 'begin'; orders: InStepOrders }
  | { type: 'configured'; configured: Configured; servers: ServerSeen[] }
  /** All of them. */
  | { type: 'servers'; servers: ServerSeen[] }
  /** Of the pools that have others than before. Answered by `placed` once they are in the data path, or wished. */
  | { type: 'weights'; weights: PoolWeights[]; number: number }
  /** The data path works in another mode. */
  | ({ type: 'mode' } & Pick<HeldFlowsParts, 'mode' | 'program'>)
  | { type: 'secrets'; secrets: readonly Uint8Array[] }
  /** Hold nothing any more: nobody reads it soon. */
  | { type: 'leave' }
  | { type: 'status'; id: number }
  /** Answered when that is over, or at once where there is nobody to compare with. */
  | { type: 'compare'; id: number }
  | { type: 'stop' };

export type FromInStep =
  | { type: 'placed'; number: number }
  | { type: 'event'; name: string; detail: Record<string, unknown> }
  | { type: 'problem'; text: string }
  | { type: 'answer'; id: number; status: InStepStatus; hasLeft: boolean };
