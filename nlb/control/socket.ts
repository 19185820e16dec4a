import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { openSocketFile } from './socket-file.ts';

/**
 * The operator's door: a unix socket; one JSON object a line, `{"command": "status"}`, and one line for each answer. What else a
 * command needs to know stands beside its name. After the answer to a command that follows something, every further line is a
 * piece of that, until one of the two hangs up. After that of one that lists something, every further line is a row, until one
 * says `{"end": …}`.
 */
export type Answer = { ok: true; value: unknown } | { ok: false; error: string };
/** What is followed, from its beginning on; `more` is called whenever there is more to take. */
export interface Following {
  follow(more: () => void): { take(): unknown; isBehind(): boolean; close(): void };
}
/** Rows, made as they are taken; what the generator returns is said at the end, null where that is nothing. */
export interface Listing {
  rows: AsyncGenerator<unknown, unknown>;
}
export type Parameters = Record<string, unknown>;
export type Handler = (command: string, parameters: Parameters) => Promise<Answer | Following | Listing>;

/** Far more than operators and monitors need; whoever opens more and more must not use up the descriptors. */
const MOST_CONNECTIONS = 64;

export interface Served {
  server: Server;
  /** Nobody else comes in, and the socket's name goes. */
  close(): void;
}

/** Listens for the owner alone. Replaces a socket that an earlier life left, and nothing else: fails as openSocketFile() does. */
export async function serve(path: string, handle: Handler): Promise<Served> {
  const door = openSocketFile(path);
  const server = createServer((socket) => converse(socket, handle));
  server.maxConnections = MOST_CONNECTIONS;
  const close = () => {
    server.close();
    door.remove();
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd: door.fd }, () => resolve({ server, close }));
  });
}

/** Far longer than any command. */
const LINE_LIMIT = 4096;
/** Whoever neither asks nor takes its answer for so long is hung up on. */
const IDLE_MS = 30_000;

/** One request after the other: the next one is read when the answer before has been taken, so nothing piles up here. */
async function converse(socket: Socket, handle: Handler): Promise<void> {
  // The operator may hang up at any moment.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  try {
    for await (const line of linesOf(socket)) {
      const answer = await reply(line, handle);
      if ('follow' in answer) return pour(socket, answer);
      const write = async (piece: unknown): Promise<void> => {
        if (!say(socket, piece)) await once(socket, 'drain', { signal: gone.signal });
      };
      if ('rows' in answer) await list(answer, write);
      else await write(answer);
    }
    socket.end();
  } catch {
    socket.destroy();
  }
}

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = '';
  socket.setEncoding('utf8');
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LIMIT) throw new Error('a line without an end');
    yield* lines;
  }
}

/** Writes as fast as the reader takes it. One that is too slow for what is kept is hung up on. */
function pour(socket: Socket, { follow }: Following): void {
  let flows = say(socket, { ok: true, value: null });
  const pump = () => {
    while (flows) {
      const piece = source.take();
      if (piece === undefined) break;
      flows = say(socket, piece);
    }
    if (source.isBehind()) socket.destroy();
  };
  const source = follow(pump);
  socket.setTimeout(0);
  socket.on('drain', () => {
    flows = true;
    pump();
  });
  socket.once('close', source.close);
  // What the reader may still say is of no interest; that it hangs up is.
  socket.once('end', () => socket.destroy()).resume();
  pump();
}

/** Whether more can be said at once. */
function say(socket: Socket, piece: unknown): boolean {
  return socket.write(`${JSON.stringify(piece)}\n`);
}

/** One after the other, as fast as they are taken. Whoever hangs up ends it. */
async function list({ rows }: Listing, write: (piece: unknown) => Promise<void>): Promise<void> {
  try {
    await write({ ok: true, value: null });
    for (;;) {
      const { done, value } = await rows.next();
      if (done) return await write({ end: value ?? null });
      await write(value);
    }
  } finally {
    await rows.return(undefined);
  }
}

async function reply(line: string, handle: Handler): Promise<Answer | Following | Listing> {
  try {
    const request: unknown = JSON.parse(line);
    if (typeof request === 'object' && request !== null && 'command' in request && typeof request.command === 'string')
      return await handle(request.command, request as Parameters);
    return { ok: false, error: 'a request is {"command": NAME}, with what else the command needs to know' };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
