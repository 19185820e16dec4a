import { parseArgs } from 'node:util';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { FORWARDING_PATHS, type ForwardingPath } from './forwarding-paths.ts';
import { mountPins } from './load-balancer.ts';
import { type Delivery, openWire, type Wire } from './wire.ts';
import { ROUND_ROBIN_FLOWS } from './workloads.ts';

/**
 * `node nlb/measure/rate.ts [--trials N] [--frames N]`: how many packets a second get through a load balancer. Prints as
 * JSON, a line each, how many trials there are to be, and then a Rate for each; or, of a path that this machine does not support,
 * why. Needs root.
 */
export interface Rate extends Delivery {
  forwardingPath: string;
}

const { values } = parseArgs({
  options: { trials: { type: 'string', default: '15' }, frames: { type: 'string', default: '300000' } },
});

enterPrivateNamespaces(import.meta.url);
mountPins();
const wire = await openWire();
// Alternately, so that a disturbance of the machine affects all of them.
console.log(JSON.stringify({ expected: FORWARDING_PATHS.length * Number(values.trials) }));
let open: readonly ForwardingPath[] = FORWARDING_PATHS;
for (let trial = 0; trial < Number(values.trials); trial++) {
  const lacking: ForwardingPath[] = [];
  for (const forwardingPath of open) if (!(await measured(wire, forwardingPath))) lacking.push(forwardingPath);
  open = open.filter((forwardingPath) => !lacking.includes(forwardingPath));
}
wire.close();

async function measured(wire: Wire, forwardingPath: ForwardingPath): Promise<boolean> {
  let close: () => void;
  try {
    close = forwardingPath.open();
  } catch (error) {
    console.log(
      JSON.stringify({
        forwardingPath: forwardingPath.name,
        missing: error instanceof Error ? error.message : String(error),
      }),
    );
    return false;
  }
  // The first round of the flows makes their connections.
  await wire.send(2 * ROUND_ROBIN_FLOWS, ROUND_ROBIN_FLOWS);
  const passage = await wire.send(Number(values.frames), ROUND_ROBIN_FLOWS);
  console.log(
    JSON.stringify({
      forwardingPath: forwardingPath.name,
      ...passage,
      arrived: trimmed(passage.arrived),
    } satisfies Rate),
  );
  close();
  return true;
}

/** Without the servers behind the last one that received a frame. */
function trimmed(counts: number[]): number[] {
  return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
}
