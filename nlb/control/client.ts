import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Answer } from './socket.ts';

/** No daemon answers at the control socket. */
export class NoDaemon extends Error {
  /** @param code of the system, or what else is the matter */
  constructor(path: string, code: string | undefined) {
    const why = code === 'ENOENT' ? 'there is no such socket' : code === 'ECONNREFUSED' ? 'nobody listens' : code;
    super(`no nlbd answers at ${path} (${why ?? 'it hung up'}); is it running, and is this its socket?`);
  }
}

/** The daemon hung up on one who followed. */
export class DaemonGone extends Error {
  constructor(path: string) {
    super(`nlbd at ${path} hung up: it has ended, or this reader fell too far behind`);
  }
}

/** The name of a command, and what else it needs to know. */
export interface Request {
  command: string;
  [parameter: string]: unknown;
}

/** Ask a running daemon. Throws NoDaemon. */
export function request(path: string, asked: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const lines = say(path, asked, reject);
    lines.once('line', (line) => {
      const answer = parsed<Answer>(path, line, reject);
      if (answer) resolve(answer);
      lines.hangUp();
    });
    lines.once('close', () => reject(new NoDaemon(path, undefined)));
  });
}

/**
 * Follow something of a running daemon: `take` is given each line, as JSON. Settles with the answer only when it is a refusal.
 * Throws NoDaemon where none answers, DaemonGone when it ends.
 */
export function follow(path: string, asked: Request, take: (line: string) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const lines = say(path, asked, reject);
    let answered = false;
    lines.once('line', (first) => {
      answered = true;
      const answer = parsed<Answer>(path, first, reject);
      lines.on('line', take);
      if (answer?.ok) return;
      if (answer) resolve(answer);
      lines.hangUp();
    });
    lines.once('close', () => reject(answered ? new DaemonGone(path) : new NoDaemon(path, undefined)));
  });
}

/**
 * Have a running daemon list something: `take` is given each row. Settles with what stands at the end, or with the refusal.
 * Throws NoDaemon where none answers, DaemonGone when it ends before the list does.
 */
export function list(path: string, asked: Request, take: (row: unknown) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const lines = say(path, asked, reject);
    const settle = (answer: Answer): void => {
      resolve(answer);
      lines.hangUp();
    };
    let answered = false;
    lines.on('line', (line) => {
      const said = parsed<Answer | { end: unknown }>(path, line, reject);
      if (!said) lines.hangUp();
      else if (!answered && 'ok' in said && !said.ok) settle(said);
      else if (answered && 'end' in said) settle({ ok: true, value: said.end });
      else if (answered) take(said);
      answered = true;
    });
    lines.once('close', () => reject(answered ? new DaemonGone(path) : new NoDaemon(path, undefined)));
  });
}

/** What a line says; undefined where it is none of a daemon's, which `failed` is then told. */
function parsed<Said>(path: string, line: string, failed: (error: NoDaemon) => void): Said | undefined {
  try {
    return JSON.parse(line) as Said;
  } catch {
    failed(new NoDaemon(path, 'what answers there is another program'));
    return undefined;
  }
}

/** The lines that come back. */
function say(path: string, asked: Request, failed: (error: NoDaemon) => void) {
  const socket = connect(path, () => socket.write(`${JSON.stringify(asked)}\n`));
  socket.once('error', (error: NodeJS.ErrnoException) => failed(new NoDaemon(path, error.code)));
  const lines = createInterface({ input: socket });
  // The interface repeats the socket's errors, which are dealt with above.
  lines.on('error', () => undefined);
  return Object.assign(lines, { hangUp: () => socket.destroy() });
}
