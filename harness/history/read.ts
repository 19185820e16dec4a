import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import { piecesOf } from './compressed.ts';
import { type HistoryEvent, HistoryLine } from './event.ts';
import { headerProblem, parsed } from './line.ts';

/**
 * Read a history that a recorder wrote, sorted by `atNs`. A last line that a crash cut short is left out. Compressed or not.
 *
 * @throws the file system's error, or one that names the line which is no event, or what its first line should say
 */
export const readHistory = (file: string): HistoryEvent[] => inOrderOfTime(readRecorded(file));

/** The same in the order in which it was recorded: what was read late stands after what was done before it was read. */
export function readRecorded(file: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const lines = completeLines(file);
  const first = lines.next();
  const problem = headerProblem(first.value ?? undefined);
  if (problem) throw new Error(`${file} is no history that this program reads: ${problem}`);
  for (const line of lines) {
    const event = HistoryLine.safeParse(parsed(line));
    if (!event.success) {
      const why = z.prettifyError(event.error).replaceAll(/\n\s*/g, ' ');
      throw new Error(`${file}, line ${events.length + 2}: not an event of a history: ${why}: ${line.slice(0, 80)}`);
    }
    events.push(event.data);
  }
  return events;
}

/** As a recorder gives them: events of one instant in the order of recording. */
export const inOrderOfTime = (recorded: readonly HistoryEvent[]): HistoryEvent[] =>
  recorded.toSorted((one, other) => one.atNs - other.atNs);

/** In pieces, because a history may be longer than the longest string. */
function* completeLines(file: string): Generator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for (const piece of piecesOf(file)) {
    const lines = (rest + decoder.write(piece)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
