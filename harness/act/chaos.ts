import { setTimeout as pause } from 'node:timers/promises';
import type { Stall } from '../driver/driver.ts';
import { cut, heal } from '../fault/cable.ts';
import { signal, startSystem } from '../fault/daemon.ts';
import { failFirewall, repairFirewall } from '../fault/power.ts';
import type { FaultName, PlannedFault } from '../fault/schedule.ts';
import { dropHeartbeats, heartbeatLans } from '../fault/silence.ts';
import { stall } from '../fault/stall.ts';
import type { LabNode } from '../node/node.ts';
import type { Scene } from './scene.ts';

/** What a test of chaos records beside the faults themselves. */
const PLANNED = 'the schedule, as planned';
export const OVER = 'the faults end';

/** Does a fault to the place, for so long, and makes it whole again. */
type Inflict = (scene: Scene, where: string, ms: number) => Promise<void>;

const held =
  (how: Stall): Inflict =>
  (scene, where, ms) =>
    stall(scene.lab, scene.lab.node(where), how, ms);

const pulled =
  (leg: string): Inflict =>
  async (scene, where, ms) => {
    await cut(scene, where, leg);
    await pause(ms);
    await heal(scene, where, leg);
  };

/** An order may be refused: the peer may be dead. That is an answer like another. */
const ordered =
  (order: (scene: Scene, node: LabNode) => Promise<void> | undefined): Inflict =>
  async (scene, where) =>
    order(scene, scene.lab.node(where))?.catch(() => {});

const INFLICT: Record<FaultName, Inflict> = {
  'kill -9': async (scene, where, ms) => {
    const node = scene.lab.node(where);
    signal(scene, node, 'SIGKILL');
    await pause(ms);
    startSystem(scene, node);
  },
  stop: held('stop'),
  freeze: held('freeze'),
  'cut access': pulled('access'),
  'cut server': pulled('server'),
  'stand by': ordered(({ lab }, node) => lab.system.can.handover?.standBy(node)),
  'take over': ordered(({ lab }, node) => lab.system.can.handover?.takeOver(node)),
  silence: async (scene, where, ms) => {
    const letThrough = await dropHeartbeats(scene, where);
    await pause(ms);
    await letThrough();
  },
  'firewall power loss': async (scene, where, ms) => {
    const firewall = scene.lab.node(where);
    await failFirewall(scene, firewall);
    await pause(ms);
    await repairFirewall(scene, firewall);
  },
};

/** Where faults can strike in this lab. */
export function faultTargets({ lab }: Scene) {
  const [firewall] = lab.nodes('firewall');
  if (!firewall) throw new Error(`the topology ${lab.plan.topology} has no firewall`);
  return {
    balancers: lab.nodes('nlb').map(({ name }) => name),
    takeOrders: lab.system.can.handover !== undefined,
    lans: heartbeatLans(lab),
    firewall: firewall.name,
  };
}

/**
 * Does everything that the schedule says, each in its time; where a fault takes longer to do than was planned, what comes after
 * it at the same place comes later. The schedule as planned and each fault as it happened go into the history.
 */
export async function inflictAll(scene: Scene, schedule: readonly PlannedFault[]): Promise<void> {
  const atNs = scene.nowNs();
  scene.recorder.record({
    kind: 'act',
    atNs,
    what: PLANNED,
    detail: `seed ${scene.seed}: ${JSON.stringify(schedule)}`,
  });
  const began = performance.now();
  const lanes = [...Map.groupBy(schedule, ({ where }) => where).values()];
  await Promise.all(lanes.map((lane) => inflictLane(scene, lane, began)));
  await scene.act(OVER, undefined, () => {});
}

async function inflictLane(scene: Scene, lane: readonly PlannedFault[], began: number): Promise<void> {
  for (const { what, where, fromMs, untilMs } of lane) {
    await pause(Math.max(0, began + fromMs - performance.now()));
    await scene.act(what, where, () => INFLICT[what](scene, where, untilMs - fromMs));
  }
}
