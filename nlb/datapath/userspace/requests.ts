import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { ask } from '../../kernel/unix-datagram.ts';
import type { Connection, FlowTables } from '../specification/knowledge.ts';
import { FILES } from './directory.ts';

/** Requests of the daemon to the forwarder, and the answers. */
export interface Requests {
  /** Load the published file. The answer means that no frame is decided by the old one any more. */
  reload: null;
  /** How many connections there are, half-open ones included. */
  count: number;
  /** Remove expired connections, some thousands of entries with each request; null until it is finished, and then how many. */
  expire: number | null;
  /** Write the entries of a flow (arguments: its name, and the names of clients' bindings) into a file, as `FlowEntries`. */
  readFlow: null;
  /** Write some thousands of connections into a file; true if those were the last. Another argument begins again. */
  list: boolean;
  /** Octets of memory that the process occupies. */
  memory: number;
}

export type RequestName = keyof Requests;

/** The entries that a packet of one flow would find. */
export type FlowEntries = Pick<FlowTables, 'connections' | 'udpFlows' | 'halfOpen' | 'affinities' | 'entering'>;

/** Reading the largest tables takes less. */
const WITHIN_MS = 5000;

/** Throws SyscallError if nobody answers, and an Error if the forwarder failed. */
export function request<Q extends RequestName>(directory: string, question: Q, ...words: string[]): Requests[Q] {
  const message = JSON.stringify([question, ...words]);
  const { answer, error } = JSON.parse(ask(join(directory, FILES.requests), message, WITHIN_MS)) as {
    answer: Requests[Q];
    error?: string;
  };
  if (error !== undefined) throw new Error(`The forwarder could not ${question}: ${error}`);
  return answer;
}

/** The answer, or the error, as text. */
export function encodeAnswer(reply: () => unknown): string {
  try {
    return JSON.stringify({ answer: reply() ?? null });
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** All connections, in chunks. Throws as request(). */
export function* listConnections(directory: string): Generator<[string, Connection][]> {
  const name = randomUUID();
  for (let last = false; !last; ) {
    last = request(directory, 'list', name);
    yield readAnswer(directory) as [string, Connection][];
  }
}

/** Throws as request(). */
export function readFlow(directory: string, flow: string, clients: string[]): FlowEntries {
  request(directory, 'readFlow', flow, ...clients);
  return readAnswer(directory) as FlowEntries;
}

const readAnswer = (directory: string): unknown => deserialize(readFileSync(join(directory, FILES.answer)));
