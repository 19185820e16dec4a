import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { ask } from '../../kernel/unix-datagram.ts';
import type { Connection, Kept } from '../specification/knowledge.ts';
import { FILES } from './place.ts';

/** What the daemon asks of the forwarder, and what that answers. */
export interface Questions {
  /** Work by the file that has been written from now on. Answered once that is so: no frame goes by the old one any more. */
  take: null;
  /** How many connections there are, those that have yet to prove themselves included. */
  count: number;
  /** Drop what has expired, some thousands of entries each time that it is asked; null until it is through, and then how many. */
  sweep: number | null;
  /** Write what is known of a flow (its name, and the names of clients' bonds) into a file, as `Recalled`. */
  recall: null;
  /** Write some thousands of connections into a file; true when those were the last. Another name begins anew. */
  list: boolean;
  /** The octets of memory that it occupies, its program included. */
  weigh: number;
}

export type Question = keyof Questions;

/** What a packet of one flow would find. */
export type Recalled = Pick<Kept, 'connections' | 'udpFlows' | 'embryos' | 'affinities' | 'entering'>;

/** More than the reading of the largest tables takes. */
const WITHIN_MS = 5000;

/** Throws SyscallError where nobody answers, and an Error with what the forwarder could not do. */
export function put<Q extends Question>(place: string, question: Q, ...words: string[]): Questions[Q] {
  const asked = JSON.stringify([question, ...words]);
  const { answer, error } = JSON.parse(ask(join(place, FILES.questions), asked, WITHIN_MS)) as {
    answer: Questions[Q];
    error?: string;
  };
  if (error !== undefined) throw new Error(`The forwarder could not ${question}: ${error}`);
  return answer;
}

/** An answer on its way. */
export function answered(reply: () => unknown): string {
  try {
    return JSON.stringify({ answer: reply() ?? null });
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** All connections, in chunks. Throws as put(). */
export function* listConnections(place: string): Generator<[string, Connection][]> {
  const name = randomUUID();
  for (let last = false; !last; ) {
    last = put(place, 'list', name);
    yield readAnswer(place) as [string, Connection][];
  }
}

/** Throws as put(). */
export function recall(place: string, flow: string, clients: string[]): Recalled {
  put(place, 'recall', flow, ...clients);
  return readAnswer(place) as Recalled;
}

const readAnswer = (place: string): unknown => deserialize(readFileSync(join(place, FILES.answer)));
