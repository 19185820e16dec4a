import type { Claim } from '../check/claim.ts';
import { type Batch, countedByReason, DROPPED, REFUSED } from '../check/refused.ts';
import { until } from '../clock/until.ts';
import { waysTo } from '../fault/imposter.ts';
import { heartbeatPort } from '../fault/silence.ts';
import type { Scene } from './scene.ts';

/** Puts into the history what a node, and its kernel, count, once that has stopped growing. */
export async function countRefusals(scene: Scene, node: string): Promise<void> {
  const handle = scene.lab.node(node);
  let before = '';
  const settled = async () => {
    const refused = await scene.lab.use('refusals')(handle);
    const now = JSON.stringify(refused);
    const isSame = now === before;
    before = now;
    return isSame ? refused : undefined;
  };
  const counts = await until(settled, { what: `${node} has counted all that came`, withinMs: 5000, everyMs: 50 });
  const atNs = scene.nowNs();
  scene.recorder.record({ kind: 'counted', atNs, node, what: REFUSED, counts });
  const { stdout } = await handle.runBeside(['cat', '/proc/net/udp']);
  scene.recorder.record({
    kind: 'counted',
    atNs,
    node,
    what: DROPPED,
    counts: { all: droppedAt(stdout, heartbeatPort(scene)) },
  });
}

/** What the node counted from the first time that it was asked to the last, beside what imposters sent to it. */
export function countedForgeries(scene: Scene, node: string, sent: Batch[]): Claim {
  const ways = waysTo(scene, node);
  return countedByReason({
    node,
    ports: ways.map(({ victim }) => victim),
    sources: ways.map(({ station }) => scene.mac(station.node, station.leg)),
    port: heartbeatPort(scene),
    sent,
  });
}

/** How many datagrams found no room at the sockets of a local port: the last column of /proc/net/udp. */
export function droppedAt(table: string, port: number): number {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const ours = rows.filter(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16) === port);
  return ours.reduce((sum, row) => sum + Number(row.at(-1)), 0);
}
