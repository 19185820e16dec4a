import { PromiseBroken } from '../clock/until.ts';
import type { LabNode } from '../node/node.ts';
import type { PairOptions } from '../system/system.ts';
import type { Scene } from './scene.ts';

/** Changes the configuration of both nodes, one after the other. */
export function reloadBoth(scene: Scene, what: string, change: PairOptions): Promise<void> {
  return scene.act(what, undefined, async () => {
    for (const node of scene.lab.nodes('nlb')) await scene.lab.reload(node, change);
  });
}

/** The node refuses the configuration, and says why. @param because a word of the reason that must be given */
export async function refuses(scene: Scene, node: LabNode, change: PairOptions, because: string): Promise<void> {
  const why = await scene.lab.reload(node, change).then(
    () => 'it was accepted',
    (error: unknown) => {
      if (error instanceof PromiseBroken) return error.message;
      throw error;
    },
  );
  if (!why.includes(because)) throw new PromiseBroken(`a file is refused for the ${because} in it; ${why}`, 0);
}
