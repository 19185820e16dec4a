import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { monotonicNs } from '../../kernel/clock.ts';
import type { Connection, Told } from '../specification/knowledge.ts';
import type { Ledger } from '../specification/ledger.ts';
import { FILES } from './place.ts';
import { answered, type Question, type Questions, type Recalled, type Swept } from './questions.ts';
import { sweepTable } from './sweep.ts';
import type { Written } from './told.ts';

/** What the forwarder works with. */
export interface Work {
  place: string;
  kept: Ledger['kept'];
  situation(): { said: Written; told: Told };
  /** Work by what is written in the place now. */
  take(): void;
}

const STEP_ENTRIES = 8192;

/** The forwarder's answer to each question, none of which takes more than a few milliseconds of its time. */
export function openReplies({ place, kept, situation, take }: Work): (question: string) => string {
  let sweeping: Generator<undefined, Swept> | undefined;
  let listing: { name?: string | undefined; chunks: Iterator<[string, Connection][]> } | undefined;
  const write = (answer: unknown): void => writeFileSync(join(place, FILES.answer), serialize(answer), { mode: 0o600 });

  const replies: { [Q in Question]: (...words: string[]) => Questions[Q] } = {
    take: () => {
      take();
      return null;
    },
    count: () => kept.connections.size + kept.embryos.size,
    weigh: () => process.memoryUsage.rss(),
    sweep: () => {
      const { said, told } = situation();
      const { numbers } = said;
      sweeping ??= sweepTable(kept.connections, { timeouts: told.timeouts, numbers }, monotonicNs());
      const { done, value } = sweeping.next();
      if (done) sweeping = undefined;
      return value ?? null;
    },
    recall: (flow = '', ...clients) => {
      const found: Recalled = {
        connections: only(kept.connections, [flow]),
        embryos: only(kept.embryos, [flow]),
        affinities: only(kept.affinities, clients),
      };
      write(found);
      return null;
    },
    list: (name) => {
      if (!listing || listing.name !== name) listing = { name, chunks: chunksOf(kept) };
      const { done, value } = listing.chunks.next();
      if (done) listing = undefined;
      write(done ? [] : value);
      return done === true;
    },
  };
  return (asked) =>
    answered(() => {
      const [question = '', ...words] = JSON.parse(asked) as string[];
      if (!Object.hasOwn(replies, question)) throw new Error(`There is no such question: ${question}`);
      return replies[question as Question](...words);
    });
}

function only<Value>(table: ReadonlyMap<string, Value>, names: string[]): Map<string, Value> {
  return new Map(
    names.flatMap((name) => {
      const value = table.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** Of what is there at the start: what has gone meanwhile is left out. */
function* chunksOf({ connections, embryos }: Ledger['kept']): Generator<[string, Connection][]> {
  for (const table of [connections, embryos]) {
    const names = [...table.keys()];
    for (let at = 0; at < names.length; at += STEP_ENTRIES) yield [...only(table, names.slice(at, at + STEP_ENTRIES))];
  }
}
