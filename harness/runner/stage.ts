import { cpSync } from 'node:fs';
import path from 'node:path';
import { Scene } from '../act/scene.ts';
import { STARTED } from '../check/invariants/scripts.ts';
import { type Metronome, startMetronome } from '../clock/metronome.ts';
import { ownClocks } from '../fault/clock.ts';
import { openHistory, type Recorder } from '../history/recorder.ts';
import { openClient } from '../lab/client.ts';
import { Journals } from '../lab/journal.ts';
import { bringUp, type Lab } from '../lab/lab.ts';
import { awaitRest } from '../lab/ready.ts';
import { Watch } from '../lab/watch.ts';
import { systemNamed } from '../system/systems.ts';
import { loadPlan } from '../topology/load.ts';
import { firstLook, lastLook } from './last-look.ts';
import { chooseSeed } from './seed.ts';
import type { SuiteOptions } from './suite.ts';
import { writeCaptures } from './write-captures.ts';

/** What of a suite shapes its lab. */
type StageOptions = Pick<SuiteOptions, 'servers' | 'pair' | 'pace' | 'ownClocks'>;

/** A lab with everything around it that a suite needs. */
export interface Stage {
  scene: Scene;
  /** Brings everything that has happened until now into the history. */
  settle(): Promise<void>;
  /** Ends what runs in the lab, and the watch with it: no more is done or seen. */
  finish(): Promise<void>;
  /** Takes the lab down and completes the results. */
  close(): Promise<void>;
}

/** Brings up a lab that is watched from its first frame on, and waits until it serves. */
export async function openStage(options: StageOptions, topology: string, folder: string): Promise<Stage> {
  const recorder = openHistory({ file: path.join(folder, 'history.jsonl') });
  const { lab, watch } = await watchedLab(options, topology, recorder);
  const metronome = startMetronome();
  try {
    return await furnish({ lab, watch, metronome, recorder, folder });
  } catch (error) {
    await watch.stop();
    await metronome.stop();
    keepLogs(lab, folder);
    await lab.down();
    recorder.close();
    throw error;
  }
}

function keepLogs(lab: Lab, folder: string): void {
  cpSync(path.join(lab.folder, 'logs'), path.join(folder, 'logs'), { recursive: true });
}

async function watchedLab(options: StageOptions, topology: string, recorder: Recorder) {
  const system = systemNamed(process.env.ONEVIP_SYSTEM);
  const plan = loadPlan(topology, options.servers === undefined ? {} : { servers: options.servers });
  let watch: Watch | undefined;
  const lab = await bringUp({
    plan,
    system,
    ...(options.pair && { wishes: options.pair }),
    ...(options.pace && { pace: options.pace }),
    onNetwork: async (made) => {
      watch = await Watch.start(made, recorder);
      await firstLook(made, recorder);
      // After the watch: whoever stamps what is seen must have the machine's own clock.
      if (options.ownClocks) ownClocks(made);
    },
  });
  if (!watch) throw new Error('the lab was made and nobody watched');
  return { lab, watch };
}

interface Parts {
  lab: Lab;
  watch: Watch;
  metronome: Metronome;
  recorder: Recorder;
  folder: string;
}

async function furnish({ lab, watch, metronome, recorder, folder }: Parts): Promise<Stage> {
  const client = await openClient(lab, recorder);
  const journals = new Journals(lab, recorder);
  await awaitRest(lab, client);
  const collect = (): void => {
    journals.collect();
    for (const { node, monotonicNs } of lab.starts.splice(0))
      recorder.record({ kind: 'act', what: STARTED, node, atNs: recorder.fromMonotonic(monotonicNs) });
    for (const { fromNs, untilNs } of metronome.take()) {
      const [atNs, endNs] = [recorder.fromMonotonic(fromNs), recorder.fromMonotonic(untilNs)];
      recorder.record({ kind: 'standstill', atNs, untilNs: endNs });
    }
  };
  const refresh = (): void => {
    watch.drain();
    collect();
  };
  const settle = async (): Promise<void> => {
    await watch.settle();
    collect();
  };
  const scene = new Scene({ lab, recorder, client, folder, seed: chooseSeed(process.env.ONEVIP_SEED), refresh });
  const end = async (): Promise<void> => {
    try {
      await lastLook(scene);
    } finally {
      scene.close();
      client.close();
      await watch.stop();
      collect();
      await metronome.stop();
    }
  };
  let ended: Promise<void> | undefined;
  const finish = (): Promise<void> => {
    ended ??= end();
    return ended;
  };
  const close = async (): Promise<void> => {
    try {
      await finish();
    } finally {
      keepLogs(lab, folder);
      await lab.down();
      writeCaptures(recorder.events(), folder);
      recorder.close();
    }
  };
  return { scene, settle, finish, close };
}
