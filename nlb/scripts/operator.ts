import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';

type StateName = 'initial' | 'active' | 'standby' | 'inop';

/** The operator's own executables, run on each entry of a state. */
export interface StateScripts extends Partial<Record<StateName, string | undefined>> {
  timeLimitMs: number;
}

export interface Occasion {
  state: StateName;
  previous: StateName;
  reason: string;
  /** When it was entered, in milliseconds on CLOCK_BOOTTIME. */
  atMs: number;
}

export interface ScriptEnd extends Omit<Occasion, 'atMs'> {
  path: string;
  /** Exit status; absent where a signal ended it or it could not be started. */
  status?: number;
  /** Why it has no exit status. */
  why?: string;
  tookMs: number;
  /** The first part of what it printed, both streams. */
  output: string;
}

export interface ScriptRunner {
  /** Run the state's script after those that were asked for before; returns at once. */
  entered(occasion: Occasion): void;
  /** Which scripts are run from now on; those that were asked for before stay as they were. */
  use(scripts: StateScripts): void;
  /** When all that were asked for have ended. */
  idle(): Promise<void>;
}

const OUTPUT_KEPT = 4096;
/** A state is entered a few times a second at worst, and a script may take its time limit each time; memory is not for that. */
const MOST_WAITING = 256;
/** How long after its end the script's output is still read. */
const LAST_WORDS_MS = 50;

/**
 * One at a time, in order, none longer than its time limit, each once also where the node has long been in another state.
 * Nothing that a script does delays anything but later scripts. One that could not be run is reported like one that failed.
 */
export function openScripts(first: StateScripts, ended: (end: ScriptEnd) => void): ScriptRunner {
  let queue: Promise<void> = Promise.resolve();
  let scripts = first;
  let waiting = 0;
  return {
    entered: ({ state, previous, reason, atMs }) => {
      const { [state]: path, timeLimitMs } = scripts;
      if (path === undefined) return;
      const occasion = { state, previous, reason, atMs };
      if (waiting >= MOST_WAITING) return ended(notRun(path, occasion, `${waiting} scripts wait already`));
      waiting++;
      queue = queue.then(async () => {
        const end = await run(path, occasion, timeLimitMs).catch((error: Error) =>
          notRun(path, occasion, error.message),
        );
        waiting--;
        ended(end);
      });
    },
    use: (next) => {
      scripts = next;
    },
    idle: () => queue,
  };
}

function notRun(path: string, { atMs: _, ...occasion }: Occasion, why: string): ScriptEnd {
  return { ...occasion, path, why: `not run: ${why}`, tookMs: 0, output: '' };
}

/** In a process group of its own, so that the time limit ends what it started as well. */
function run(path: string, { atMs, ...occasion }: Occasion, timeLimitMs: number): Promise<ScriptEnd> {
  const beganMs = performance.now();
  const { state, previous, reason } = occasion;
  const NLB_SINCE = (atMs / 1000).toFixed(6);
  const env = { ...process.env, NLB_STATE: state, NLB_PREVIOUS: previous, NLB_REASON: reason, NLB_SINCE };
  return new Promise((resolve) => {
    const child = spawn(path, [], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    // Where it cannot be started it may be without streams, as when no more files can be opened; the reason is yet to come.
    if (child.pid === undefined) {
      child.once('error', ({ message }) => resolve({ ...occasion, path, why: message, tookMs: 0, output: '' }));
      return;
    }
    // The daemon's own precedence is not for scripts.
    setPriority(child.pid, constants.priority.PRIORITY_NORMAL);
    let output = '';
    let overdue = false;
    const keep = (text: string) => {
      if (output.length < OUTPUT_KEPT) output = (output + text).slice(0, OUTPUT_KEPT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const timer = setTimeout(() => {
      overdue = true;
      if (child.pid !== undefined) killGroup(child.pid);
    }, timeLimitMs);
    const end = (status: number | null, why: string | null) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      const outcome =
        status !== null ? { status } : { why: overdue ? `killed after ${timeLimitMs} ms` : (why ?? 'ended') };
      resolve({ ...occasion, path, ...outcome, tookMs: Math.round(performance.now() - beganMs), output });
    };
    child.once('error', (error) => end(null, error.message));
    child.once('close', end);
    // What it left running in the background may hold its output open for ever.
    child.once('exit', (status, signal) => setTimeout(end, LAST_WORDS_MS, status, signal));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended between the time limit and now.
  }
}
