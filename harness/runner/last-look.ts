import type { Scene } from '../act/scene.ts';
import { AFTER_SYSTEM, BEFORE_SYSTEM } from '../check/invariants/nothing-left.ts';
import { until } from '../clock/until.ts';
import { stopSystem } from '../fault/daemon.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Lab } from '../lab/lab.ts';
import { standingOn } from '../lab/standing.ts';
import type { LabNode } from '../node/node.ts';

/** What the harness looks at before a lab's system is first started, and once it is stopped for good. */

/** Before anything runs in the lab. */
export async function firstLook(lab: Lab, recorder: Recorder): Promise<void> {
  await Promise.all(lab.nodes('nlb').map((node) => record(lab, node, recorder, BEFORE_SYSTEM)));
}

/**
 * Every address is recorded as it is now; then the system is stopped, and what it leaves is recorded. Where it does not run, or
 * does not stop, nothing tells what it would have left, and nothing is recorded.
 */
export async function lastLook(scene: Scene): Promise<void> {
  const { lab, recorder } = scene;
  await scene.census();
  const running = lab.nodes('nlb').filter(({ name }) => lab.daemons.get(name)?.isRunning());
  await scene.act('stop the system for good', undefined, () =>
    Promise.all(running.map((node) => stopForGood(scene, node))),
  );
  await Promise.all(running.map((node) => record(lab, node, recorder, AFTER_SYSTEM)));
}

/** One that leaves all for its successor is given a successor that does not. */
async function stopForGood(scene: Scene, node: LabNode): Promise<void> {
  const { lab } = scene;
  await stopSystem(scene, node);
  if (!lab.setup.keeps) return;
  lab.startSystem(node, { keeps: false });
  const answers = async () => (await lab.use('role')(node)) !== undefined;
  await until(answers, { what: `the system on ${node.name} answers`, withinMs: 10_000, everyMs: 20 });
  await stopSystem(scene, node);
}

async function record(lab: Lab, node: LabNode, recorder: Recorder, what: string): Promise<void> {
  const lines = await standingOn(lab, node);
  recorder.record({ kind: 'act', what, node: node.name, atNs: recorder.nowNs(), detail: lines.join('\n') });
}
