import { cpSync } from 'node:fs';
import path from 'node:path';
import { Scene } from '../act/scene.ts';
import { STARTED } from '../check/invariants/scripts.ts';
import { type Metronome, startMetronome } from '../clock/metronome.ts';
import { ownClocks } from '../fault/clock.ts';
import { compressHistory } from '../history/compressed.ts';
import { openHistory, type Recorder } from '../history/recorder.ts';
import { openClient } from '../lab/client.ts';
import { Journals } from '../lab/journal.ts';
import { bringUp, handOver, type Lab } from '../lab/lab.ts';
import { starvedOtherwise } from '../lab/pressure.ts';
import { readDrops } from '../lab/read-drops.ts';
import { awaitRest } from '../lab/ready.ts';
import { Watch } from '../lab/watch.ts';
import { systemNamed } from '../system/systems.ts';
import { loadPlan } from '../topology/load.ts';
import type { Assignment } from './assignment.ts';
import { firstLook, lastLook } from './last-look.ts';
import { drawSeed } from './seed.ts';
import type { SuiteOptions } from './suite.ts';
import { writeCaptures } from './write-captures.ts';

/** What of a suite and of its assignment shapes its lab. */
type StageOptions = Pick<SuiteOptions, 'servers' | 'pair' | 'pace' | 'ownClocks'> &
  Pick<Assignment, 'system' | 'datapath' | 'driver' | 'seed'>;

export interface Closing {
  keepLab: boolean;
  captures: boolean;
  compress: boolean;
}

/** A lab with everything around it that a suite needs. */
export interface Stage {
  scene: Scene;
  /** Brings everything that has happened until now into the history. */
  settle(): Promise<void>;
  /** Ends the watch: no more is seen. */
  watched(): Promise<void>;
  /** Ends what runs in the lab, looks at what is left, and ends the watch. */
  finish(): Promise<void>;
  /** Takes the lab down, or leaves it to the user as it is, and completes the results: with captures of the frames, or with a compressed history. */
  close(as: Closing): Promise<void>;
}

/** Brings up a lab that is watched from its first frame on, and waits until it serves. */
export async function openStage(options: StageOptions, topology: string, folder: string): Promise<Stage> {
  const recorder = openHistory({ file: path.join(folder, 'history.jsonl') });
  const { lab, watch } = await watchedLab(options, topology, recorder);
  const metronome = startMetronome();
  try {
    return await openScene({ lab, watch, metronome, recorder, folder, seed: options.seed });
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
  const system = systemNamed(options.system);
  const plan = loadPlan(topology, options.servers === undefined ? {} : { servers: options.servers });
  let watch: Watch | undefined;
  const lab = await bringUp({
    plan,
    system,
    driver: options.driver,
    ...(options.pair && { pair: options.pair }),
    ...(options.pace && { pace: options.pace }),
    ...(options.datapath !== undefined && { datapath: options.datapath }),
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
  seed: number | undefined;
}

async function openScene({ lab, watch, metronome, recorder, folder, seed }: Parts): Promise<Stage> {
  const client = await openClient(lab, recorder);
  const journals = new Journals(lab, recorder);
  lab.beforeStop = (node) => readDrops(lab, recorder, node);
  await awaitRest(lab, client);
  const collect = (): void => {
    journals.collect();
    for (const { node, monotonicNs } of lab.starts.splice(0))
      recorder.record({ kind: 'act', what: STARTED, node, atNs: recorder.fromMonotonic(monotonicNs) });
    const starved = watch.takeStarved();
    // After that, so that every standstill is known that lies within a time of which it tells.
    const stood = metronome.take().map(({ fromNs, untilNs }) => ({
      kind: 'standstill' as const,
      atNs: recorder.fromMonotonic(fromNs),
      untilNs: recorder.fromMonotonic(untilNs),
    }));
    for (const event of [...stood, ...starvedOtherwise(starved, stood)]) recorder.record(event);
  };
  const refresh = (): boolean => {
    const isUpToDate = watch.drain();
    collect();
    return isUpToDate;
  };
  const settle = async (): Promise<void> => {
    await watch.settle();
    collect();
  };
  const scene = new Scene({ lab, recorder, client, folder, seed: seed ?? drawSeed(), refresh });
  const watched = once(async () => {
    scene.close();
    client.close();
    await watch.stop();
    collect();
    await metronome.stop();
  });
  const finish = once(() => lastLook(scene).finally(watched));
  const close = async ({ keepLab, captures, compress }: Closing): Promise<void> => {
    const store = async (): Promise<void> => {
      if (captures) writeCaptures(recorder.events(), folder);
      recorder.close();
      if (compress) await compressHistory(path.join(folder, 'history.jsonl'));
    };
    try {
      await (keepLab ? watched() : finish());
    } finally {
      keepLogs(lab, folder);
      if (keepLab) handOver(lab);
      await Promise.all([store(), ...(keepLab ? [] : [lab.down()])]);
    }
  };
  return { scene, settle, watched, finish, close };
}

/** Done at the first call, however often it is called. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
