import chalk from 'chalk';
import { createLogUpdate } from 'log-update';

/** Where nobody looks at a terminal, what goes on is said this often. */
const PLAIN_EVERY_MS = 10_000;

/** What goes on just now, with the time left: one line that is written over on a terminal; elsewhere a line every ten seconds. On standard error: standard output is for what was found. */
export class LiveLine {
  private readonly out: NodeJS.WriteStream;
  private readonly live: ReturnType<typeof createLogUpdate> | undefined;
  private saidMs = performance.now();

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.out = out;
    this.live = out.isTTY ? createLogUpdate(out) : undefined;
  }

  show(text: string): void {
    this.live?.(chalk.dim(text));
    if (this.live || performance.now() - this.saidMs < PLAIN_EVERY_MS) return;
    this.saidMs = performance.now();
    this.out.write(`${text}\n`);
  }

  clear(): void {
    this.live?.clear();
  }
}
