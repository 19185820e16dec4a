import { parentPort, workerData } from 'node:worker_threads';
import { runProgram } from '../kernel/bpf-test-run.ts';

/** Support for tests: a thread that has a program of the rig run very often, so that two CPUs run it at the same time. */
export interface FeederOptions {
  /** Descriptor. */
  program: number;
  frame: Uint8Array;
  ifindex: number;
  runs: number;
}

const STEP_RUNS = 10_000;

const { program, frame, ifindex, runs } = workerData as FeederOptions;
// In steps too short for a signal to interrupt one.
for (let done = 0; done < runs; done += STEP_RUNS)
  runProgram(program, { frame: Buffer.from(frame), ifindex, hook: 'xdp', repeat: STEP_RUNS });
parentPort?.postMessage('done');
