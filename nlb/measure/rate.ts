import { parseArgs } from 'node:util';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { mountPins } from './scene.ts';
import { FLOWS_IN_TURN } from './situations.ts';
import { WAYS, type Way } from './ways.ts';
import { openWire, type Passage, type Wire } from './wire.ts';

/**
 * `node nlb/measure/rate.ts [--trials N] [--frames N]`: how many packets a second get through a load balancer. Prints a Rate
 * as JSON for each trial, a line each; or, of a way that this machine does not offer, why. Needs root.
 */
export interface Rate extends Passage {
  way: string;
}

const { values } = parseArgs({
  options: { trials: { type: 'string', default: '15' }, frames: { type: 'string', default: '300000' } },
});

enterPrivateNamespaces(import.meta.url);
mountPins();
const wire = await openWire();
// By turns, so that whatever disturbs the machine disturbs all of them.
let open: readonly Way[] = WAYS;
for (let trial = 0; trial < Number(values.trials); trial++) {
  const lacking: Way[] = [];
  for (const way of open) if (!(await measured(wire, way))) lacking.push(way);
  open = open.filter((way) => !lacking.includes(way));
}
wire.close();

async function measured(wire: Wire, way: Way): Promise<boolean> {
  let close: () => void;
  try {
    close = way.open();
  } catch (error) {
    console.log(JSON.stringify({ way: way.name, missing: error instanceof Error ? error.message : String(error) }));
    return false;
  }
  // The first round of the flows makes their connections.
  await wire.send(2 * FLOWS_IN_TURN, FLOWS_IN_TURN);
  const passage = await wire.send(Number(values.frames), FLOWS_IN_TURN);
  console.log(JSON.stringify({ way: way.name, ...passage, arrived: trimmed(passage.arrived) } satisfies Rate));
  close();
  return true;
}

/** Without the servers after the last one that got anything. */
function trimmed(counts: number[]): number[] {
  return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
}
