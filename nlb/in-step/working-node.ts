import { randomInt } from 'node:crypto';
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { openHeldFlowsFrom } from '../datapath/held-flows.ts';
import { openLease } from '../datapath/tables/lease.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { watchReadable } from '../kernel/readable-watch.ts';
import type { FromSync, ToSync } from './beat-messages.ts';
import type { FromInStep, InStepOrders, ToInStep } from './messages.ts';
import { openInStepNode } from './node.ts';
import { missingIn } from './status.ts';
import { openThrottle } from './throttle.ts';

/** A node at work: what it is told by the other two threads, and what it does now and then. */
export interface WorkingNode {
  heardOfMain(message: Exclude<ToInStep, { type: 'begin' }>): void;
}

export interface Surroundings {
  /** To the thread that beats. */
  beat: MessagePort;
  post(message: FromInStep): void;
  /** The first selections are in the data path: from now on work is short. */
  placed(): void;
  /** Nothing of the data path is used any more. */
  ended(): void;
}

/** Of SCHED_FIFO's 1 to 99, of the thread that waits for frames: above this one's (thread.ts), below the one that beats. */
const RING_PRIORITY = 6;
/** A number of six octets is drawn anew for each attachment. */
const MOST_NUMBER = 2 ** 48 - 1;

/** What nobody expects ends the thread, which the main one learns. */
const endThread = (error: unknown): void => {
  setImmediate(() => {
    throw error;
  });
};

/** Throws SyscallError. */
export function openWorkingNode(orders: InStepOrders, { beat, post, placed, ended }: Surroundings): WorkingNode {
  const tellBeat = (message: FromSync) => beat.postMessage(message);
  const problem = (text: string) => post({ type: 'problem', text });
  const nowMs = () => Number(monotonicNs()) / 1e6;
  const heldFlows = openHeldFlowsFrom(orders.heldFlows);
  const lease = openLease(orders.leaseFd);
  const throttle = openThrottle(nowMs);
  const node = openInStepNode({
    ...orders,
    heldFlows,
    nowMs,
    throttle,
    newNumber: () => randomInt(1, MOST_NUMBER),
    forwardsUntilMs: () => Number(lease.get().forwardUntilNs) / 1e6,
    event: (name, detail) => post({ type: 'event', name, detail }),
    problem,
  });
  const frames = watchReadable(heldFlows.frames.fd, node.readFrames, RING_PRIORITY);

  /** The last weights that came, until they are in the data path, or wished. */
  let unplaced: number | undefined;
  let [isDue, isWorking, isStopped] = [false, false, false];
  async function work(): Promise<void> {
    isWorking = true;
    await turnOfOthers();
    while (isDue && !isStopped) {
      isDue = false;
      if (await throttle.piece(node.work)) isDue = true;
    }
    isWorking = false;
    if (unplaced === undefined || isStopped) return;
    post({ type: 'placed', number: unplaced });
    placed();
    unplaced = undefined;
  }
  /** What is asked for while it works is done afterwards. */
  const workSoon = (): void => {
    isDue = true;
    if (!isWorking) work().catch(endThread);
  };

  let [reign, isPeerInStep] = [0, false];
  /** Who waits for the end of a comparison. */
  const comparing: number[] = [];
  const answer = (id: number) => post({ type: 'answer', id, status: node.status(), hasLeft: node.hasLeft() });
  /** The attempt to complete the log that is to be answered. */
  let completing: number | undefined;
  function look(): void {
    node.tick();
    if (comparing.length > 0 && !node.isComparing()) for (const id of comparing.splice(0)) answer(id);
    if (isPeerInStep !== node.isPeerInStep()) {
      isPeerInStep = !isPeerInStep;
      tellBeat({ type: 'inStep', reign, isPeerInStep });
      post({ type: 'event', name: 'sync', detail: { peerInStep: isPeerInStep } });
    }
    if (completing === undefined || !node.hasLeft()) return;
    tellBeat({ type: 'logCompleted', attempt: completing, isInStep: node.isPeerInStep() });
    completing = undefined;
  }
  const timer = setInterval(look, orders.link.tickMs);

  function heardOfBeat(message: ToSync): void {
    switch (message.type) {
      case 'entered':
        completing = undefined;
        [reign, isPeerInStep] = [message.reign, false];
        node.entered(message.state, message.reign);
        workSoon();
        break;
      case 'peer':
        node.peerLeads(message.reign);
        break;
      case 'completeLog':
        completing = message.attempt;
        node.leave();
        look();
        break;
      case 'keepLog':
        if (completing !== undefined)
          post({ type: 'event', name: 'sync', detail: { notCompleted: missingIn(node.status()) } });
        completing = undefined;
        node.stay();
    }
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    isStopped = true;
    await frames.close();
    node.close();
    heldFlows.close();
    lease.close();
    beat.close();
    ended();
  }

  function heardOfMain(message: Exclude<ToInStep, { type: 'begin' }>): void {
    switch (message.type) {
      case 'configured':
        node.configured(message.configured, message.servers);
        workSoon();
        break;
      case 'servers':
        node.see(message.servers);
        break;
      case 'weights':
        node.weigh(message.weights);
        unplaced = message.number;
        workSoon();
        break;
      case 'mode':
        heldFlows.useMode(message.mode, message.program);
        break;
      case 'secrets':
        node.useSecrets(message.secrets);
        break;
      case 'leave':
        node.leave();
        break;
      case 'status':
        answer(message.id);
        break;
      case 'compare':
        if (node.compare()) comparing.push(message.id);
        else answer(message.id);
        break;
      case 'stop':
        stop().catch((error: unknown) => problem(String(error)));
    }
  }

  beat.on('message', heardOfBeat);
  tellBeat({ type: 'takesPart', takesPart: true });
  return { heardOfMain };
}
