import { type MessagePort, Worker } from 'node:worker_threads';
import type { HeldFlowsParts } from '../datapath/held-flows.ts';
import type { Configured, PoolWeights, ServerSeen } from './configured.ts';
import type { FromInStep, InStepOrders, ToInStep } from './messages.ts';
import type { InStepStatus } from './status.ts';

/** The thread that keeps the pair in step, as the main thread sees it. */
export interface InStepHandle {
  /** Once the data path is there; before anything else. */
  begin(orders: InStepOrders): void;
  configured(configured: Configured, servers: ServerSeen[]): void;
  servers(servers: ServerSeen[]): void;
  weights(weights: PoolWeights[]): void;
  /** Whether all weights that were given are in the data path, or wished. */
  isPlaced(): boolean;
  /** The data path works in another mode. */
  useMode(inUse: Pick<HeldFlowsParts, 'mode' | 'program'>): void;
  useSecrets(secrets: readonly Uint8Array[]): void;
  status(): Promise<InStepStatus>;
  /** Compares both nodes' data paths first, where there is a peer in step: some seconds at most. */
  compare(): Promise<InStepStatus>;
  /** Hold nothing any more. @returns whether nothing is held, within that time */
  leave(withinMs: number): Promise<boolean>;
  /** End the thread, so that the data path may be closed. */
  stop(): Promise<void>;
}

export interface InStepHooks {
  event(name: string, detail: Record<string, unknown>): void;
  problem(text: string): void;
  /** The thread has died; nobody reads the frames that wait. */
  died(error: Error): void;
}

const LOOK_EVERY_MS = 5;

/** @param beat to the thread that beats */
export function startInStep(beat: MessagePort, hooks: InStepHooks): InStepHandle {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: { beat },
    transferList: [beat],
    // Its descriptors come from the kernel by FFI, so Node's own count knows nothing of them.
    trackUnmanagedFds: false,
  });
  const waiting = new Map<number, (answer: Extract<FromInStep, { type: 'answer' }>) => void>();
  let [requests, given, placed, isStopping] = [0, 0, 0, false];
  const post = (message: ToInStep) => worker.postMessage(message);
  worker.on('message', (message: FromInStep) => {
    switch (message.type) {
      case 'placed':
        placed = message.number;
        break;
      case 'event':
        hooks.event(message.name, message.detail);
        break;
      case 'problem':
        hooks.problem(message.text);
        break;
      case 'answer':
        waiting.get(message.id)?.(message);
        waiting.delete(message.id);
    }
  });
  worker.on('error', hooks.died);
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      if (!isStopping) hooks.died(new Error('the thread that keeps the pair in step ended'));
      resolve();
    });
  });
  const ask = (type: 'status' | 'compare' = 'status') =>
    new Promise<Extract<FromInStep, { type: 'answer' }>>((resolve) => {
      const id = ++requests;
      waiting.set(id, resolve);
      post({ type, id });
    });
  return {
    begin: (orders) => post({ type: 'begin', orders }),
    configured: (configured, servers) => post({ type: 'configured', configured, servers }),
    servers: (servers) => post({ type: 'servers', servers }),
    weights: (weights) => post({ type: 'weights', weights, number: ++given }),
    isPlaced: () => placed === given,
    useMode: ({ mode, program }) => post({ type: 'mode', mode, program }),
    useSecrets: (secrets) => post({ type: 'secrets', secrets }),
    status: async () => (await ask()).status,
    compare: async () => (await ask('compare')).status,
    leave: async (withinMs) => {
      post({ type: 'leave' });
      for (const endMs = performance.now() + withinMs; performance.now() < endMs; ) {
        if ((await ask()).hasLeft) return true;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      return false;
    },
    stop: () => {
      isStopping = true;
      post({ type: 'stop' });
      return ended;
    },
  };
}
