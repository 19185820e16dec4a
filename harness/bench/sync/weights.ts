import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../../lab/lab.ts';
import type { LabNode } from '../../node/node.ts';

/** Weights that change all the time, on both nodes. */
export interface ChangingWeights {
  /** How many changes a node has taken up so far. */
  taken(node: LabNode): number;
  stop(): Promise<void>;
}

/** A change moves a twentieth of the slots or so. */
const [LEAST, MOST] = [8, 12];

/**
 * Draws weights anew every so many milliseconds and gives them to each node that answers: one that starts has not read its
 * file before it does, and one that is frozen keeps nobody else waiting.
 */
export function changeWeights(lab: Lab, everyMs: number): ChangingWeights {
  const servers = lab.nodes('server').map(({ name }) => name);
  const draw = () => Object.fromEntries(servers.map((name) => [name, randomInt(LEAST, MOST + 1)]));
  let [weights, isOver] = [draw(), false];
  const timer = setInterval(() => {
    weights = draw();
  }, everyMs);
  const taken = new Map<string, number>();
  const keepGiving = async (node: LabNode): Promise<void> => {
    while (!isOver) {
      const wished = weights;
      if ((await lab.use('role')(node)) !== undefined)
        await lab.reload(node, { weights: wished }).then(
          () => taken.set(node.name, (taken.get(node.name) ?? 0) + 1),
          // It was struck meanwhile; if nobody takes up weights any more, no trial begins.
          () => {},
        );
      do await pause(LOOK_MS);
      while (wished === weights && !isOver);
    }
  };
  const givers = lab.nodes('nlb').map(keepGiving);
  return {
    taken: ({ name }) => taken.get(name) ?? 0,
    stop: async () => {
      isOver = true;
      clearInterval(timer);
      await Promise.all(givers);
    },
  };
}

const LOOK_MS = 10;
