import { driverNamed } from '../driver/drivers.ts';
import { type DriverName, thisProcess } from '../driver/registry.ts';
import { bringUp, madeUpName } from '../lab/lab.ts';
import { awaitService } from '../lab/ready.ts';
import { systemNamed } from '../system/systems.ts';
import type { Plan } from '../topology/plan.ts';
import { availableBytes, type LabMemory, memoryOf } from './lab-memory.ts';

/** One trial: milliseconds for each phase. */
export interface LabTrial {
  /** Links and addresses: namespaces, switches, legs, routes. */
  networkMs: number;
  /** From nothing to the first request answered through the cluster address. */
  servingMs: number;
  /** From a serving lab to nothing. */
  teardownMs: number;
}

/** Budgets of the same phases of `invention`, in milliseconds on two cores. */
export const LAB_BUDGETS: Record<DriverName, LabTrial> = {
  netns: { networkMs: 500, servingMs: 3000, teardownMs: 500 },
  docker: { networkMs: 4000, servingMs: 6000, teardownMs: 2000 },
};

/** Makes the network alone and removes it, then the whole lab, and times each; and looks at what the lab occupies once it serves. */
export async function labTrial(plan: Plan, driver: DriverName): Promise<LabTrial & { memory: LabMemory }> {
  const networkMs = await timeNetwork(plan, driver);
  const before = availableBytes();
  const began = performance.now();
  const lab = await bringUp({ plan, system: systemNamed(), driver });
  let memory: LabMemory | undefined;
  let servingMs = 0;
  let leaves = began;
  try {
    await awaitService(lab);
    servingMs = performance.now() - began;
    memory = await memoryOf(lab, before);
  } finally {
    leaves = performance.now();
    await lab.down();
  }
  return { networkMs, servingMs, teardownMs: performance.now() - leaves, memory };
}

async function timeNetwork(plan: Plan, driver: DriverName): Promise<number> {
  const name = madeUpName(plan);
  const state = {
    name,
    system: systemNamed().name,
    driver,
    plan,
    madeAt: new Date().toISOString(),
    owner: thisProcess(),
  } as const;
  const began = performance.now();
  await driverNamed(driver).make(state);
  const took = performance.now() - began;
  await driverNamed(driver).unmake(state);
  return took;
}
