import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { ask } from '../../kernel/unix-datagram.ts';
import type { Connection, FlowTables } from '../specification/knowledge.ts';
import { FILES } from './directory.ts';

/** What the daemon asks of the forwarder, and what that answers. */
export interface Requests {
  /** Work by the file that has been written from now on. Answered once that is so: no frame goes by the old one any more. */
  reload: null;
  /** How many connections there are, those that have yet to prove themselves included. */
  count: number;
  /** Drop what has expired, some thousands of entries each time that it is asked; null until it is through, and then how many. */
  expire: number | null;
  /** Write what is known of a flow (its name, and the names of clients' bonds) into a file, as `Recalled`. */
  readFlow: null;
  /** Write some thousands of connections into a file; true when those were the last. Another name begins anew. */
  list: boolean;
  /** The octets of memory that it occupies, its program included. */
  memory: number;
}

export type RequestName = keyof Requests;

/** What a packet of one flow would find. */
export type FlowEntries = Pick<FlowTables, 'connections' | 'udpFlows' | 'halfOpen' | 'affinities' | 'entering'>;

/** More than the reading of the largest tables takes. */
const WITHIN_MS = 5000;

/** Throws SyscallError where nobody answers, and an Error with what the forwarder could not do. */
export function request<Q extends RequestName>(directory: string, question: Q, ...words: string[]): Requests[Q] {
  const asked = JSON.stringify([question, ...words]);
  const { answer, error } = JSON.parse(ask(join(directory, FILES.requests), asked, WITHIN_MS)) as {
    answer: Requests[Q];
    error?: string;
  };
  if (error !== undefined) throw new Error(`The forwarder could not ${question}: ${error}`);
  return answer;
}

/** An answer on its way. */
export function encodeAnswer(reply: () => unknown): string {
  try {
    return JSON.stringify({ answer: reply() ?? null });
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** All connections, in chunks. Throws as put(). */
export function* listConnections(directory: string): Generator<[string, Connection][]> {
  const name = randomUUID();
  for (let last = false; !last; ) {
    last = request(directory, 'list', name);
    yield readAnswer(directory) as [string, Connection][];
  }
}

/** Throws as put(). */
export function readFlow(directory: string, flow: string, clients: string[]): FlowEntries {
  request(directory, 'readFlow', flow, ...clients);
  return readAnswer(directory) as FlowEntries;
}

const readAnswer = (directory: string): unknown => deserialize(readFileSync(join(directory, FILES.answer)));
