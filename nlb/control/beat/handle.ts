import { Worker } from 'node:worker_threads';
import type { AddressChange } from '../../address/address-change.ts';
import { bootNs } from '../../kernel/clock.ts';
import type { Conflict } from '../../pair/defence.ts';
import type { Change } from './evidence.ts';
import type { BeatOrders, BeatStatus, ChangeableOrders, FromBeat, SlowFacts, ToBeat } from './messages.ts';
import type { PathChange } from './path-watch.ts';
import type { WitnessChange } from './witness-path.ts';

/** The beat thread as the main thread sees it. */
export interface BeatHandle {
  useLease(fd: number): void;
  report(facts: SlowFacts): void;
  /** Go by these from now on; over when that is so. */
  use(orders: ChangeableOrders): Promise<void>;
  status(): Promise<BeatStatus>;
  /**
   * Ask the role for a change. `whyNotGranted` says why not; without it, the change has begun.
   * @param force even if connections are lost
   */
  request(what: 'lead' | 'standBy' | 'stop', force?: true): Promise<{ status: BeatStatus; whyNotGranted?: string }>;
  /** Stop. Where nobody else could lead, address and lease are left for a successor instead, for so long: they are `kept`. */
  leave(keepMs: number): Promise<{ status: BeatStatus; kept?: true }>;
}

export interface BeatHooks {
  entered(change: Change): void;
  pathChanged(change: PathChange): void;
  witnessChanged(change: WitnessChange): void;
  problem(text: string): void;
  differs(sections: readonly string[]): void;
  conflict(conflict: Conflict): void;
  /** What somebody else did to the NLBS address was undone. */
  corrected(change: AddressChange): void;
  /** The thread has died; the node cannot go on without it. */
  died(error: Error): void;
}

export function startBeat(orders: BeatOrders, hooks: BeatHooks): BeatHandle {
  // Its sockets come from the kernel by FFI, so Node's own count of descriptors knows nothing of them.
  const transferList = orders.syncPort ? [orders.syncPort] : [];
  const options = { workerData: orders, transferList, trackUnmanagedFds: false };
  const worker = new Worker(new URL('./thread.ts', import.meta.url), options);
  const waiting = new Map<number, (answer: Extract<FromBeat, { type: 'answer' }>) => void>();
  let requests = 0;
  worker.on('message', (message: FromBeat) => {
    switch (message.type) {
      case 'entered':
        return hooks.entered(message.change);
      case 'path':
        return hooks.pathChanged(message.change);
      case 'witness':
        return hooks.witnessChanged(message.change);
      case 'problem':
        return hooks.problem(message.text);
      case 'differs':
        return hooks.differs(message.sections);
      case 'conflict':
        return hooks.conflict(message.conflict);
      case 'corrected':
        return hooks.corrected(message.change);
      case 'answer':
        waiting.get(message.id)?.(message);
        waiting.delete(message.id);
    }
  });
  worker.on('error', hooks.died);
  worker.on('exit', () => hooks.died(new Error('the beat thread ended')));
  const post = (message: ToBeat) => worker.postMessage(message);
  const answerTo = (question: (id: number) => ToBeat) =>
    new Promise<Extract<FromBeat, { type: 'answer' }>>((resolve) => {
      const id = ++requests;
      waiting.set(id, resolve);
      post(question(id));
    });
  const ask = (what: Extract<ToBeat, { type: 'ask' }>['what'], force?: true) =>
    answerTo((id) => ({ type: 'ask', id, what, ...(force && { force }) }));
  // Any number of commands that want the status at once cost the beat thread one answer.
  let asked: Promise<BeatStatus> | undefined;
  const status = async () => {
    const answer = await ask('status');
    asked = undefined;
    return answer.status;
  };
  return {
    useLease: (fd) => post({ type: 'lease', fd }),
    report: (facts) => post({ type: 'facts', facts, atMs: Number(bootNs()) / 1e6 }),
    use: async ({ settings, secrets, stations, digest }) => {
      post({ type: 'orders', orders: { settings, secrets, stations, digest } });
      await ask('status');
    },
    status: () => {
      asked ??= status();
      return asked;
    },
    request: ask,
    leave: (keepMs) => answerTo((id) => ({ type: 'leave', id, keepMs })),
  };
}
