import { randomInt } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import type { FromSync, ToSync } from '../../in-step/beat-messages.ts';
import type { Effect, Entry, Facts } from '../../pair/state.ts';

/** The sync thread as the beat thread sees it. Nothing here waits for it. */
export interface SyncPort {
  /** To be called before the effects of a step: a beat that says that this node leads names the reign. */
  drawReign(entered: readonly Entry[]): void;
  /** And after them. */
  entered(entered: readonly Entry[]): void;
  /** The reign that the peer names; said when it is another. */
  peerReign(reign: number): void;
  run(effect: SyncEffect): void;
  /** Of this node's lead, the last one where it does not lead. */
  reign(): number;
}

export type SyncEffect = Extract<Effect, 'completeLog' | 'keepLog'>;

export interface SyncHooks {
  /** Whether this node takes part, and its peer is in step; undefined where it takes no part. */
  changed(sync: Facts['sync']): void;
  logCompleted(isInStep: boolean): void;
}

/** One above the largest reign; 2^48 is as far as randomInt goes. */
const REIGNS = 2 ** 48;

/** @param port absent where there is no sync thread */
export function openSyncPort(
  port: Pick<MessagePort, 'postMessage' | 'on'> | undefined,
  { changed, logCompleted }: SyncHooks,
): SyncPort {
  let takesPart = false;
  let isPeerInStep = false;
  let reign = 0;
  /** Drawn beforehand: the first time that takes 0.3 ms, in which the successor of a fenced node would forward nothing. */
  let nextReign = randomInt(1, REIGNS);
  let saidPeerReign = 0;
  let attempt = 0;
  const post = (message: ToSync) => port?.postMessage(message);
  const received = (message: FromSync): void => {
    if (message.type === 'logCompleted') {
      if (message.attempt === attempt) logCompleted(message.isInStep);
      return;
    }
    if (message.type === 'takesPart') takesPart = message.takesPart;
    else if (message.reign === reign) isPeerInStep = message.isPeerInStep;
    changed(takesPart ? { isPeerInStep } : undefined);
  };
  port?.on('message', received);
  return {
    drawReign: (entered) => {
      if (!entered.some(({ state }) => state === 'active')) return;
      [reign, isPeerInStep] = [nextReign, false];
    },
    entered: (entered) => {
      for (const { state } of entered) post({ type: 'entered', state, reign: state === 'active' ? reign : 0 });
      if (nextReign === reign) nextReign = randomInt(1, REIGNS);
    },
    peerReign: (peer) => {
      if (peer !== saidPeerReign) post({ type: 'peer', reign: peer });
      saidPeerReign = peer;
    },
    run: (effect) => post(effect === 'completeLog' ? { type: effect, attempt: ++attempt } : { type: effect }),
    reign: () => reign,
  };
}
