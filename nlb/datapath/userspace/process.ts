import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, lives, type ProcessIdentity } from '../../kernel/process-identity.ts';
import { awaitReadable } from '../../kernel/readiness.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import { FILES } from './directory.ts';
import { request } from './requests.ts';

/** The forwarder's process, as the daemon starts, finds and ends it. */

const PROGRAM = join(import.meta.dirname, 'forwarder.ts');
const READY_WITHIN_MS = 10_000;
const GONE_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 2;

/** The forwarder of that directory, if it runs. Throws where that cannot be seen: a second one beside it would be worse than none. */
export function findForwarder(directory: string): ProcessIdentity | undefined {
  const file = join(directory, FILES.forwarder);
  if (!existsSync(file)) return undefined;
  const known = parsed(readFileSync(file, 'utf8'));
  return known && lives(known) ? known : undefined;
}

/** Undefined for a file that was not written to its end. */
function parsed(text: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** Start it in a session of its own, so that signals to the daemon's session do not reach it. It is not ready yet. */
export function startForwarder(directory: string): ProcessIdentity {
  rmSync(join(directory, FILES.requests), { force: true });
  const errors = openSync(join(directory, FILES.errors), 'w', 0o600);
  // The engine's helper threads could delay the thread that forwards. The command line names the directory.
  const words = [
    '--single-threaded-gc',
    '--no-concurrent-recompilation',
    '--no-concurrent-sparkplug',
    PROGRAM,
    directory,
  ];
  const child = spawn(process.execPath, words, { detached: true, stdio: ['ignore', 'ignore', errors] });
  closeSync(errors);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (!identity) throw new Error(`The forwarder could not be started: ${process.execPath} ${words.join(' ')}`);
  writeFileSync(join(directory, FILES.forwarder), JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

/** Blocks the thread until it answers: some tenths of a second. Throws an Error with its standard error if it does not. */
export function awaitForwarder(directory: string, forwarder: ProcessIdentity): void {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!answers(directory)) {
    const late = performance.now() > deadlineMs;
    if (late || !lives(forwarder)) throw new Error(`The forwarder did not start.\n${errorsIn(directory)}`);
    awaitReadable([], LOOK_EVERY_MS);
  }
}

/** Its standard error. */
export const errorsIn = (directory: string): string => readFileSync(join(directory, FILES.errors), 'utf8').trim();

function answers(directory: string): boolean {
  try {
    request(directory, 'count');
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}

/** End it, and return when it is gone. Throws an Error if it stays. */
export function endForwarder(forwarder: ProcessIdentity): void {
  const deadlineMs = performance.now() + GONE_WITHIN_MS;
  if (lives(forwarder)) process.kill(forwarder.pid, 'SIGKILL');
  while (lives(forwarder)) {
    if (performance.now() > deadlineMs) throw new Error(`The forwarder (process ${forwarder.pid}) cannot be ended`);
    awaitReadable([], LOOK_EVERY_MS);
  }
}
