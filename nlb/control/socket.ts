import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/** The operator's door: a unix socket; one JSON object a line, `{"command": "status"}`, and one line for each answer. */
export type Answer = { ok: true; value: unknown } | { ok: false; error: string };
export type Handler = (command: string) => Promise<Answer>;

/** Whether a daemon answers at that path. */
export function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** Listens for the owner alone. Replaces a socket that an earlier life left; see `isServed` first. */
export function serve(path: string, handle: Handler): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  const server = createServer((socket) => converse(socket, handle));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}

/** Far longer than any command. */
const LINE_LIMIT = 4096;

function converse(socket: Socket, handle: Handler): void {
  // The operator may hang up at any moment.
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    if (chunk.length > LINE_LIMIT) socket.destroy();
  });
  createInterface({ input: socket }).on('line', async (line) => {
    const answer = await reply(line, handle);
    if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
  });
}

async function reply(line: string, handle: Handler): Promise<Answer> {
  try {
    const request: unknown = JSON.parse(line);
    if (typeof request === 'object' && request !== null && 'command' in request && typeof request.command === 'string')
      return await handle(request.command);
    return { ok: false, error: 'a request is {"command": NAME}' };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
