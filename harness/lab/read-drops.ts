import type { Recorder } from '../history/recorder.ts';
import type { LabNode } from '../node/node.ts';
import type { Lab } from './lab.ts';

/**
 * Asks load balancers what they have dropped, as far as the system can tell. One that does not answer leaves no trace.
 * @param last the node that is asked to end, or loses its power, right after that: its counters may end with it
 */
export async function readDrops(lab: Lab, recorder: Recorder, last?: LabNode): Promise<void> {
  const { drops } = lab.system.can;
  if (!drops) return;
  const read = async (node: LabNode): Promise<void> => {
    const said = await drops(node);
    const atNs = recorder.nowNs();
    if (said) recorder.record({ kind: 'drops', atNs, node: node.name, ...said, ...(last && { last: true }) });
  };
  await Promise.all((last ? [last] : lab.nodes('nlb')).map(read));
}
