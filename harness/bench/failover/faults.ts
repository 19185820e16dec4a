import { lastLoggedOffset, ownClocks, stepClock, whyNoClocks } from '../../fault/clock.ts';
import { hasEnded, signal } from '../../fault/daemon.ts';
import { preparePowerLoss, restorePower } from '../../fault/power.ts';
import { dropHeartbeats, heartbeatLans } from '../../fault/silence.ts';
import { BOUNDS } from './bound.ts';
import type { Fault, Setting } from './fault.ts';
import { answersAgain } from './rig.ts';
import { entered, takenOver } from './waits.ts';

/** How many probes are answered while nothing may happen: so many milliseconds, at a thousand a second; or twice as many as a standby waits. */
const CALM_PROBES = 1500;
const HOUR_S = 3600;
/** Between the daemon's last line and our measurement of it, and for the second that the library may lag. */
const BITE_WITHIN_S = 60;

/** A daemon that ends by a signal, and is started again. */
function ending(name: string, label: string, how: NodeJS.Signals, bound: Fault['bound']): Fault {
  return {
    name,
    label,
    bound,
    flows: true,
    prepare:
      async ({ rig, active }) =>
      () =>
        signal(rig.view, active, how),
    awaitEffect: takenOver,
    repair: async ({ rig, active }) => {
      await hasEnded(rig.view, active);
      rig.lab.startSystem(active);
      return undefined;
    },
  };
}

const handover: Fault = {
  name: 'handover',
  needs: ['handover'],
  label: 'planned handover',
  bound: BOUNDS.nothingLost,
  flows: true,
  prepare:
    async ({ rig, active }) =>
    () =>
      rig.lab.use('handover').standBy(active),
  awaitEffect: takenOver,
  repair: async () => undefined,
};

const power: Fault = {
  name: 'power',
  endsForwarding: true,
  label: 'power loss of the active',
  bound: BOUNDS.outageWithinMs,
  flows: false,
  prepare: ({ rig, active }) => preparePowerLoss(rig.view, active),
  awaitEffect: takenOver,
  repair: async ({ rig, active }) => {
    await restorePower(rig.view, active);
    rig.lab.startSystem(active);
    return undefined;
  },
};

/** The frozen one wakes while probes still run: that is when it could do harm. */
const sigstop: Fault = {
  name: 'sigstop',
  label: 'SIGSTOP of the active daemon',
  bound: BOUNDS.outageWithinMsAndFenced,
  flows: false,
  prepare:
    async ({ rig, active }) =>
    () =>
      signal(rig.view, active, 'SIGSTOP'),
  awaitEffect: async (running) => {
    await takenOver(running);
    await answersAgain(running.rig, running.load, 300);
    const wokenNs = running.rig.history.nowNs();
    signal(running.rig.view, running.active, 'SIGCONT');
    // Where the new one stalls just then, the woken one leads again, and rightly.
    if (running.rig.lab.system.can.stateScripts) await entered(running, running.active, ['standby', 'active'], wokenNs);
    else await running.rig.lab.pair(10_000);
  },
  repair: async () => undefined,
};

const heartbeats: Fault = {
  name: 'heartbeats',
  needs: ['heartbeats'],
  label: 'heartbeats dropped on all paths',
  bound: BOUNDS.noTakeover,
  flows: false,
  prepare:
    async ({ rig }) =>
    async () =>
      rig.repairs.push(...(await Promise.all(heartbeatLans(rig.lab).map((lan) => dropHeartbeats(rig.view, lan))))),
  awaitEffect: ({ rig, load }) => answersAgain(rig, load, Math.max(CALM_PROBES, 2 * rig.lab.system.deadAfterMs)),
  repair: async ({ rig }) => {
    const dropped = await Promise.all(rig.repairs.splice(0).map((letThrough) => letThrough()));
    return dropped.includes(0) ? 'no heartbeat was dropped: the fault took no effect' : undefined;
  },
};

/** Which node, and which way: by turns. */
function clockStep({ number, active, standby }: Setting) {
  return { node: number % 2 === 0 ? active : standby, seconds: number % 4 < 2 ? HOUR_S : -HOUR_S };
}

const clock: Fault = {
  name: 'clock',
  needs: ['stampedLog'],
  label: 'wall clock stepped by ±1 h',
  bound: BOUNDS.nothingHappens,
  flows: true,
  missing: whyNoClocks,
  prepareLab: ownClocks,
  prepare: async (setting) => {
    const { node, seconds } = clockStep(setting);
    return () => stepClock(setting.rig.lab, node.name, seconds);
  },
  awaitEffect: ({ rig, load }) => answersAgain(rig, load, 2 * CALM_PROBES),
  // The last label of the daemon carry its own clock.
  repair: async (running) => {
    const { node, seconds } = clockStep(running);
    signal(running.rig.view, node, 'SIGTERM');
    await hasEnded(running.rig.view, node);
    const offset = lastLoggedOffset(running.rig.lab, node, Date.now());
    stepClock(running.rig.lab, node.name, 0);
    running.rig.lab.startSystem(node);
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
