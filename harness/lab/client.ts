import path from 'node:path';
import type { Recorder } from '../history/recorder.ts';
import { Client } from '../traffic/client-handle.ts';
import type { Lab } from './lab.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../traffic/client.ts');

/** Of SCHED_FIFO's 1 to 99: just below the beat threads, whose work is measured, and above everything ordinary. */
const PRIORITY = '9';

/** Starts the traffic program on the lab's first client, in real time; what becomes of its probes goes into the history. */
export async function openClient(lab: Lab, recorder: Recorder): Promise<Client> {
  const [node] = lab.nodes('client');
  if (!node) throw new Error(`the topology ${lab.plan.topology} has no client`);
  const { stdin, stdout } = node.open(['chrt', '--fifo', PRIORITY, 'node', PROGRAM]);
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
