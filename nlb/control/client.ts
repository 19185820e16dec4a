import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Answer } from './socket.ts';

/** No daemon answers at the control socket. */
export class NoDaemon extends Error {
  constructor(path: string, code: string | undefined) {
    const why = code === 'ENOENT' ? 'there is no such socket' : code === 'ECONNREFUSED' ? 'nobody listens' : code;
    super(`no nlbd answers at ${path} (${why ?? 'it hung up'}); is it running, and is this its socket?`);
  }
}

/** Ask a running daemon. Throws NoDaemon. */
export function request(path: string, command: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify({ command })}\n`));
    socket.once('error', (error: NodeJS.ErrnoException) => reject(new NoDaemon(path, error.code)));
    const lines = createInterface({ input: socket });
    lines.once('line', (line) => {
      socket.destroy();
      resolve(JSON.parse(line) as Answer);
    });
    lines.once('close', () => reject(new NoDaemon(path, undefined)));
    // The interface repeats the socket's errors, which are dealt with above.
    lines.on('error', () => undefined);
  });
}
