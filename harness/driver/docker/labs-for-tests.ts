import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadPlan } from '../../topology/load.ts';
import { engineForTests, whyNoEngine } from './engine-for-tests.ts';

/**
 * What tests of labs of containers begin with: a register of labs of their own, so that what `gc` removes is theirs alone, and an
 * engine. At their end nothing is left of either. Before the register's module is imported, which looks where it is.
 * @returns the register's folder, and why the tests must be skipped, if they must
 */
export async function beginContainerTests(t: {
  after(act: () => unknown): void;
}): Promise<{ state: string; skip: string | false }> {
  const state = mkdtempSync(path.join(tmpdir(), 'onevip-state-'));
  process.env.ONEVIP_STATE = state;
  const why = whyNoEngine();
  const engine = why === undefined ? await engineForTests() : undefined;
  if (engine) process.env.DOCKER_HOST = engine.address;
  t.after(async () => {
    if (engine) await removeLabs();
    await engine?.end();
    rmSync(state, { recursive: true });
  });
  return { state, skip: why ?? false };
}

/** The plan of the smallest lab that is one. */
export const SMALL_PLAN = loadPlan('invention', { servers: 1 });

/** Such a lab as the driver is told of it. */
export const smallLab = (name: string) => ({
  name,
  system: 'nlb',
  driver: 'docker' as const,
  plan: SMALL_PLAN,
  madeAt: new Date().toISOString(),
});

async function removeLabs(): Promise<void> {
  const { list } = await import('../registry.ts');
  const { driverNamed } = await import('../drivers.ts');
  for (const lab of list().labs) await driverNamed(lab.driver).unmake(lab);
}
