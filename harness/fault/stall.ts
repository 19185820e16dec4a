import type { Stall } from '../driver/driver.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../node/node.ts';
import { processesOf } from './daemon.ts';

/** Holds the daemon of a node, or all of the node, up for so long. */
export const stall = (lab: Lab, node: LabNode, how: Stall, ms: number): Promise<void> =>
  node.home.handle.stall(how, processesOf(lab, node), ms);
