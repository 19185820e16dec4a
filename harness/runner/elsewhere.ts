import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Scene } from '../act/scene.ts';
import type { HistoryEvent } from '../history/event.ts';
import { openStage } from './stage.ts';

/**
 * Brings up a second lab beside that of the suite, on another topology, for a comparison. It has a history of its own, of
 * which `settle` gives what came since the lab served; it is down when `use` has ended.
 */
export async function elsewhere(
  beside: Scene,
  topology: string,
  use: (scene: Scene, settle: () => Promise<HistoryEvent[]>) => Promise<void>,
): Promise<void> {
  const folder = path.join(beside.folder, `elsewhere@${topology}`);
  mkdirSync(folder, { recursive: true });
  const { system, setup } = beside.lab;
  const { datapath } = setup;
  const own = { system: system.name, ...(datapath !== undefined && { datapath }) };
  const stage = await openStage(own, topology, folder);
  const servesSinceNs = stage.scene.nowNs();
  try {
    await use(stage.scene, async () => {
      await stage.settle();
      return stage.scene.recorder.events(servesSinceNs);
    });
  } finally {
    await stage.close({ keepLab: false, captures: false, compress: true });
  }
}
