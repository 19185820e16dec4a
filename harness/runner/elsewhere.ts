import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Scene } from '../act/scene.ts';
import { type Claim, inHistory } from '../check/claim.ts';
import { between } from '../check/span.ts';
import { openStage } from './stage.ts';

/**
 * Brings up a second lab beside that of the suite, on another topology, for a comparison. It has a history of its own; it is down
 * when `use` has ended.
 * @returns what makes a claim one about that lab, from when it served until then
 */
export async function elsewhere(
  beside: Scene,
  topology: string,
  use: (scene: Scene) => Promise<void>,
): Promise<(claim: Claim) => Claim> {
  const name = `elsewhere@${topology}`;
  const folder = path.join(beside.folder, name);
  mkdirSync(folder, { recursive: true });
  const { system, setup, state } = beside.lab;
  const { datapath } = setup;
  const own = { system: system.name, driver: state.driver, ...(datapath !== undefined && { datapath }) };
  const stage = await openStage(own, topology, folder);
  const fromNs = stage.scene.nowNs();
  try {
    await use(stage.scene);
    await stage.settle();
    const span = { fromNs, untilNs: stage.scene.nowNs() };
    return (claim) => inHistory(name, between(span, claim));
  } finally {
    await stage.close({ keepLab: false, captures: false, compress: true });
  }
}
