import { readdirSync, readFileSync } from 'node:fs';

/** A process that is not mistaken for another one that is given its number later. */
export interface ProcessIdentity {
  pid: number;
  /** In ticks of the kernel since it was booted. */
  startedTicks: string;
}

/** Fields of /proc/PID/stat behind the command, which may itself hold spaces and brackets (proc(5)). */
const STATE = 0;
const START_TIME = 19;

/** What the kernel says of a process that is not there, or goes while it is read about. */
const GONE = ['ENOENT', 'ESRCH'];

/**
 * Undefined where no such process lives; one that has ended, and whose end nobody has looked at, does not.
 * @throws what kept it from being seen: this process may open no more files (EMFILE), which says nothing of that one
 */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Its first thread may have ended while others, which share its files, have yet to.
    const ended = fields[STATE] === 'X' || (fields[STATE] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1);
    return ended ? undefined : { pid, startedTicks: fields[START_TIME] ?? '' };
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** @throws as `identify` */
export function lives({ pid, startedTicks }: ProcessIdentity): boolean {
  return identify(pid)?.startedTicks === startedTicks;
}
