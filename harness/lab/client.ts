import path from 'node:path';
import type { Recorder } from '../history/recorder.ts';
import { Client } from '../traffic/client-handle.ts';
import type { Lab } from './lab.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../traffic/client.ts');

/**
 * Starts the traffic program on the lab's first client; what becomes of its probes goes into the history. It goes before
 * all ordinary work, but not in real time: a busy core would then make the kernel hold up the beat threads for its sake.
 */
export async function openClient(lab: Lab, recorder: Recorder): Promise<Client> {
  const [node] = lab.nodes('client');
  if (!node) throw new Error(`the topology ${lab.plan.topology} has no client`);
  const { stdin, stdout } = node.open(['node', PROGRAM]);
  if (!stdin || !stdout) throw new Error(`cannot start the traffic program on ${node.name}`);
  const client = new Client(
    { stdin, stdout },
    {
      node: node.name,
      record: (event) => recorder.record(event),
      toHistoryNs: (monotonicNs) => recorder.fromMonotonic(monotonicNs),
    },
  );
  await client.ready();
  return client;
}
