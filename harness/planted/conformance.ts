import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RunReport } from '../../reports/run-report.ts';
import type { Depth, Job } from '../runner/suite.ts';

/** How much of what a run printed is worth showing. */
const LAST_LINES = 12;

/** Runs of the conformance command in copies of the project, all of which an interrupt ends. */
export interface ConformanceRuns {
  /**
   * @param copy the project's copy, in which it runs
   * @param results where its folder of results goes
   * @throws an Error with its last words where it gave no report
   */
  run(copy: string, results: string, job: Job, depth: Depth): Promise<RunReport>;
  /** Each run takes its lab down and ends. */
  interrupt(): void;
}

export function openConformanceRuns(): ConformanceRuns {
  const running = new Set<ChildProcess>();
  return {
    run: async (copy, results, { suite, topology }, depth) => {
      const words = ['conformance', suite.name, '--topology', topology, '--jobs', '1', `--${depth}`];
      // In a process group of its own, so that an interrupt reaches its suite as Ctrl-C in a terminal would.
      const child = spawn(process.execPath, ['harness/cli.ts', ...words], {
        cwd: copy,
        env: { ...process.env, ONEVIP_RUNS: results, NODE_COMPILE_CACHE: path.join(copy, '.compile-cache') },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      running.add(child);
      const printed = printedBy(child);
      const [exitCode] = (await once(child, 'close')) as [number | null];
      running.delete(child);
      return readReport(results) ?? noReport(words, exitCode, printed());
    },
    interrupt: () => {
      for (const { pid } of running) if (pid !== undefined) interruptGroup(pid);
    },
  };
}

function interruptGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGINT');
  } catch {
    // It has just ended.
  }
}

function printedBy({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  return () => text.trim().split('\n').slice(-LAST_LINES).join('\n');
}

function readReport(results: string): RunReport | undefined {
  const file = path.join(results, 'latest', 'report.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunReport) : undefined;
}

function noReport(words: string[], exitCode: number | null, printed: string): never {
  throw new Error(`onevip ${words.join(' ')} gave no report and ended with ${exitCode}:\n${printed}`);
}
