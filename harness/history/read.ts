import { StringDecoder } from 'node:string_decoder';
import { piecesOf } from './compressed.ts';
import type { HistoryEvent } from './event.ts';
import { fromLine, headerProblem } from './line.ts';

/**
 * Read a history that a recorder wrote, sorted by `atNs`. A last line that a crash cut short is left out. Compressed or not.
 *
 * @throws the file system's error, or one that names the line which is no event, or what its first line should say
 */
export function readHistory(file: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const lines = completeLines(file);
  const first = lines.next();
  const problem = headerProblem(first.value ?? undefined);
  if (problem) throw new Error(`${file} is no history that this program reads: ${problem}`);
  for (const line of lines) {
    const event = fromLine(line);
    if (!event) throw new Error(`${file}, line ${events.length + 2}: not an event of a history: ${line.slice(0, 80)}`);
    events.push(event);
  }
  return events.sort((one, other) => one.atNs - other.atNs);
}

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
