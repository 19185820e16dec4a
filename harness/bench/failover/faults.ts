import { lastLoggedOffset, ownClocks, stepClock, whyNoClocks } from '../../fault/clock.ts';
import { hasEnded, signal } from '../../fault/daemon.ts';
import { preparePowerLoss, restorePower } from '../../fault/power.ts';
import { dropHeartbeats, heartbeatLans, letHeartbeatsThrough } from '../../fault/silence.ts';
import { BOUNDS } from './bound.ts';
import type { Fault, Setting } from './fault.ts';
import { answersAgain } from './rig.ts';
import { entered, takenOver } from './waits.ts';

/** How many probes are answered while nothing may happen: so many milliseconds, at a thousand a second; or twice as many as a standby waits. */
const CALM_PROBES = 1500;
const HOUR_S = 3600;
/** Between the daemon's last line and our reading of it, and for the second that the library may lag. */
const BITE_WITHIN_S = 60;

/** A daemon that ends by a signal, and is started again. */
function ending(name: string, words: string, how: NodeJS.Signals, bound: Fault['bound']): Fault {
  return {
    name,
    words,
    bound,
    flows: true,
    arm:
      async ({ rig, active }) =>
      () =>
        signal(rig.view, active, how),
    settle: takenOver,
    mend: async ({ rig, active }) => {
      await hasEnded(rig.view, active);
      rig.lab.startSystem(active);
      return undefined;
    },
  };
}

const handover: Fault = {
  name: 'handover',
  needs: ['handover'],
  words: 'planned handover',
  bound: BOUNDS.nothingLost,
  flows: true,
  arm:
    async ({ rig, active }) =>
    () =>
      rig.lab.use('handover').standBy(active),
  settle: takenOver,
  mend: async () => undefined,
};

const power: Fault = {
  name: 'power',
  words: 'power loss of the active',
  bound: BOUNDS.silentForMs,
  flows: false,
  arm: ({ rig, active }) => preparePowerLoss(rig.view, active),
  settle: takenOver,
  mend: async ({ rig, active }) => {
    await restorePower(rig.view, active);
    rig.lab.startSystem(active);
    return undefined;
  },
};

/** The frozen one wakes while probes still run: that is when it could do harm. */
const sigstop: Fault = {
  name: 'sigstop',
  words: 'SIGSTOP of the active daemon',
  bound: BOUNDS.silentForMsAndFenced,
  flows: false,
  arm:
    async ({ rig, active }) =>
    () =>
      signal(rig.view, active, 'SIGSTOP'),
  settle: async (scene) => {
    await takenOver(scene);
    await answersAgain(scene.rig, scene.load, 300);
    const wokenNs = scene.rig.history.nowNs();
    signal(scene.rig.view, scene.active, 'SIGCONT');
    // Where the new one stalls just then, the woken one leads again, and rightly.
    if (scene.rig.lab.system.can.stateScripts) await entered(scene, scene.active, ['standby', 'active'], wokenNs);
    else await scene.rig.lab.pair(10_000);
  },
  mend: async () => undefined,
};

const heartbeats: Fault = {
  name: 'heartbeats',
  needs: ['heartbeats'],
  words: 'heartbeats dropped on all paths',
  bound: BOUNDS.noTakeover,
  flows: false,
  arm:
    async ({ rig }) =>
    () =>
      Promise.all(heartbeatLans(rig.lab).map((lan) => dropHeartbeats(rig.lab, lan))),
  settle: ({ rig, load }) => answersAgain(rig, load, Math.max(CALM_PROBES, 2 * rig.lab.system.deadAfterMs)),
  mend: async ({ rig }) => {
    const dropped = await Promise.all(heartbeatLans(rig.lab).map((lan) => letHeartbeatsThrough(rig.lab, lan)));
    return dropped.includes(0) ? 'no heartbeat was dropped: the fault did not bite' : undefined;
  },
};

/** Which node, and which way: by turns. */
function clockStep({ number, active, standby }: Setting) {
  return { node: number % 2 === 0 ? active : standby, seconds: number % 4 < 2 ? HOUR_S : -HOUR_S };
}

const clock: Fault = {
  name: 'clock',
  needs: ['stampedLog'],
  words: 'wall clock stepped by ±1 h',
  bound: BOUNDS.nothingHappens,
  flows: true,
  missing: whyNoClocks,
  prepare: ownClocks,
  arm: async (setting) => {
    const { node, seconds } = clockStep(setting);
    return () => stepClock(setting.rig.lab, node.name, seconds);
  },
  settle: ({ rig, load }) => answersAgain(rig, load, 2 * CALM_PROBES),
  // The last words of the daemon carry its own clock.
  mend: async (scene) => {
    const { node, seconds } = clockStep(scene);
    signal(scene.rig.view, node, 'SIGTERM');
    await hasEnded(scene.rig.view, node);
    const offset = lastLoggedOffset(scene.rig.lab, node, Date.now());
    stepClock(scene.rig.lab, node.name, 0);
    scene.rig.lab.startSystem(node);
    return Math.abs(offset - seconds) < BITE_WITHIN_S ? undefined : 'the daemon did not see the step';
  },
};

export const FAULTS: readonly Fault[] = [
  handover,
  ending('sigterm', 'SIGTERM of the active daemon', 'SIGTERM', BOUNDS.nothingLost),
  ending('kill', 'kill -9 of the active daemon', 'SIGKILL', BOUNDS.nothingLostNorReset),
  power,
  sigstop,
  heartbeats,
  clock,
];
