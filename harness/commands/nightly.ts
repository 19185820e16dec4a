import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import chalk from 'chalk';
import { duration } from '../../reports/outcome.ts';
import { newRunId, PROJECT, RUNS } from '../lab/run-folder.ts';
import { EXIT, UserError } from './problem.ts';

/** What is too long for every change, and is tried each night. */
interface Step {
  name: string;
  what: string;
  command: string[];
  env?: Record<string, string>;
  /** Meanwhile other programs keep every processor busy, behind everything else. */
  isBusy?: true;
  /** About how long it takes on two cores. */
  minutes: number;
}

const onevip = (...words: string[]): string[] => [process.execPath, 'harness/cli.ts', ...words];
const test = (file: string): string[] => [process.execPath, file];
/** Of none that fails of so many, at most 5 % do, at 95 %: sixty brief runs, half of them on busy processors. */
const ROUNDS = '30';
const NIGHTLY = { ONEVIP_NIGHTLY: '1' };

const STEPS: readonly Step[] = [
  { name: 'long', what: 'every test, the long ones too', command: onevip('conformance', '--long'), minutes: 7 },
  { name: 'planted', what: 'planted bugs, each to be caught', command: onevip('planted'), minutes: 60 },
  {
    name: 'quiet',
    what: `${ROUNDS} rounds of the brief run: none may fail`,
    command: onevip('conformance', '--brief', '--repeat-each', ROUNDS),
    minutes: 30,
  },
  {
    name: 'busy',
    what: `${ROUNDS} rounds of the brief run on busy processors: none may fail`,
    command: onevip('conformance', '--brief', '--repeat-each', ROUNDS),
    isBusy: true,
    minutes: 45,
  },
  {
    name: 'million',
    what: 'a million histories of frames through specification, program and user space',
    command: test('nlb/datapath/specification/differential.test.ts'),
    env: NIGHTLY,
    minutes: 60,
  },
  {
    name: 'model',
    what: 'a hundred thousand histories of two nodes and their faults',
    command: test('nlb/pair/model/model.test.ts'),
    env: NIGHTLY,
    minutes: 60,
  },
  {
    name: 'in-step',
    what: 'a hundred thousand histories of flows, changes and takeovers of the pair',
    command: test('nlb/sync/model/model.test.ts'),
    env: NIGHTLY,
    minutes: 10,
  },
  {
    name: 'selections-cost',
    what: 'what a change of selections costs, by its bounds: on a quiet machine',
    command: test('nlb/control/selections-cost.test.ts'),
    env: NIGHTLY,
    minutes: 1,
  },
  {
    name: 'move-cost',
    what: 'what minimal moves cost, by their bounds: on a quiet machine',
    command: test('nlb/sync/minimal-move-cost.test.ts'),
    env: NIGHTLY,
    minutes: 1,
  },
  {
    name: 'datagrams',
    what: 'a million mutated heartbeats',
    command: test('nlb/pair/conversation-fuzz.test.ts'),
    env: NIGHTLY,
    minutes: 5,
  },
  {
    name: 'killed',
    what: 'labs of containers, killed at fifty moments of their lives: gc must leave nothing',
    command: test('harness/lab/containers-killed.test.ts'),
    env: NIGHTLY,
    minutes: 6,
  },
  {
    name: 'mutants',
    what: 'mutants of the checkers: nine of ten must be noticed by their literal histories',
    command: ['node_modules/.bin/stryker', 'run'],
    minutes: 10,
  },
  {
    name: 'provision',
    what: 'what the Vagrantfile has done in a machine, in a fresh Debian without one',
    command: test('harness/machine/provision.test.ts'),
    env: NIGHTLY,
    minutes: 30,
  },
  {
    name: 'dockerfile',
    what: 'the image of the Dockerfile, built, and a suite on a lab of it',
    command: test('harness/machine/dockerfile.test.ts'),
    env: NIGHTLY,
    minutes: 5,
  },
];

/** `onevip nightly`: one step after the other, each with its output in a file. Exits 1 when one failed. */
export async function nightly(names: string[], { list }: { list?: boolean }): Promise<void> {
  const steps = chosen(names);
  if (list) {
    for (const { name, what, minutes } of steps) console.log(`${name.padEnd(10)} ${what} (about ${minutes} min)`);
    return;
  }
  const folder = path.join(RUNS, `nightly-${newRunId(new Date())}`);
  mkdirSync(folder, { recursive: true });
  const failed: string[] = [];
  for (const [index, step] of steps.entries()) {
    const left = steps.slice(index).reduce((sum, { minutes }) => sum + minutes, 0);
    console.log(chalk.dim(`begins ${step.name}: ${step.what}; about ${left} min left`));
    const began = performance.now();
    const log = path.join(folder, `${step.name}.log`);
    const exitCode = await run(step, log);
    if (exitCode !== 0) failed.push(step.name);
    const mark = exitCode === 0 ? chalk.green('ok    ') : chalk.red('not ok');
    console.log(`${mark} ${step.name} in ${duration(performance.now() - began)}: ${path.relative(PROJECT, log)}`);
  }
  console.log(
    `${steps.length - failed.length} passed, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`,
  );
  if (failed.length > 0) process.exitCode = EXIT.failed;
}

function chosen(names: string[]): readonly Step[] {
  const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length === 0) return names.length === 0 ? STEPS : STEPS.filter(({ name }) => names.includes(name));
  const there = STEPS.map(({ name }) => name).join(', ');
  throw new UserError(`no step is named ${unknown.join(', ')}; there are ${there}`, EXIT.usage);
}

/** @returns its exit code; null where a signal ended it */
async function run({ command, env, isBusy }: Step, log: string): Promise<number | null> {
  const output = createWriteStream(log);
  await once(output, 'open');
  const [file = '', ...args] = command;
  const idlers = isBusy ? keepBusy() : [];
  try {
    const child = spawn(file, args, {
      cwd: PROJECT,
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    });
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    return exitCode;
  } finally {
    for (const idler of idlers) idler.kill('SIGKILL');
    output.close();
  }
}

/** A program for each processor that does nothing, all the time, when nobody else wants to. They end with this process. */
const keepBusy = () =>
  Array.from({ length: availableParallelism() }, () =>
    spawn(
      'nice',
      [
        '-n',
        '19',
        process.execPath,
        '--eval',
        'process.stdin.on("end", () => process.exit()).resume(); const spin = () => { for (const end = Date.now() + 20; Date.now() < end; ); setImmediate(spin); }; spin();',
      ],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    ),
  );
