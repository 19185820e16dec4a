import chalk from 'chalk';
import { createLogUpdate } from 'log-update';
import { duration } from '../../reports/outcome.ts';

/** What a job is called, and about how long it takes, where past runs tell. */
export interface Expected {
  name: string;
  expectedMs?: number;
}

/** What is shown of a run while it goes on: a line for each test that has ended; on a terminal also one for each job that runs, with the time left. */
export class Progress {
  private readonly beganMs = performance.now();
  private readonly running = new Map<string, { sinceMs: number; expectedMs?: number }>();
  private readonly waiting: Map<string, number | undefined>;
  private readonly atOnce: number;
  private readonly live: ReturnType<typeof createLogUpdate> | undefined;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly out: NodeJS.WriteStream;

  constructor(jobs: readonly Expected[], atOnce: number, out: NodeJS.WriteStream = process.stdout) {
    this.out = out;
    this.atOnce = atOnce;
    this.waiting = new Map(jobs.map(({ name, expectedMs }) => [name, expectedMs]));
    if (!out.isTTY) return;
    this.live = createLogUpdate(out);
    this.timer = setInterval(() => this.draw(), 250);
    this.timer.unref();
  }

  begins(name: string): void {
    const expectedMs = this.waiting.get(name);
    this.waiting.delete(name);
    this.running.set(name, { sinceMs: performance.now(), ...(expectedMs !== undefined && { expectedMs }) });
    this.draw();
  }

  /**
   * @param line of TAP, for a test that has ended
   * @param owner whose test it is, where the line does not say so itself
   */
  testEnded(line: string, owner?: string): void {
    const seconds = ((performance.now() - this.beganMs) / 1000).toFixed(1).padStart(5);
    const mark = line.startsWith('ok') ? chalk.green('ok    ') : chalk.red('not ok');
    const title = line.replace(/^(?:not )?ok \d+ - /, '').replace(/ # time=.*$/, '');
    this.print(`${chalk.dim(seconds)} ${mark} ${owner === undefined ? '' : `${owner}: `}${title}`);
  }

  ends(name: string): void {
    this.running.delete(name);
    this.draw();
  }

  /** A line that stays. */
  print(line: string): void {
    this.live?.clear();
    this.out.write(`${line}\n`);
    this.draw();
  }

  close(): void {
    clearInterval(this.timer);
    this.live?.clear();
    this.live?.done();
  }

  private draw(): void {
    if (!this.live) return;
    const nowMs = performance.now();
    const lines = [...this.running].map(([name, { sinceMs, expectedMs }]) => {
      const left =
        expectedMs === undefined ? '' : `, about ${duration(Math.max(0, expectedMs - (nowMs - sinceMs)))} left`;
      return chalk.dim(`  … ${name}: ${duration(nowMs - sinceMs)}${left}`);
    });
    const left = this.leftMs(nowMs);
    const total = left === undefined ? '' : `, about ${duration(left)} left`;
    this.live([...lines, chalk.dim(`  ${this.waiting.size} more to begin${total}`)].join('\n'));
  }

  /** Undefined where for some job no past run tells. */
  private leftMs(nowMs: number): number | undefined {
    const waiting = [...this.waiting.values()];
    const running = [...this.running.values()].map(
      ({ sinceMs, expectedMs }) => expectedMs && Math.max(0, expectedMs - (nowMs - sinceMs)),
    );
    const all = [...waiting, ...running];
    if (all.some((each) => each === undefined)) return undefined;
    const longest = Math.max(0, ...running.map((each) => each ?? 0));
    return Math.max(longest, all.reduce((sum: number, each) => sum + (each ?? 0), 0) / this.atOnce);
  }
}
