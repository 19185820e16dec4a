import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { HistoryEvent } from './event.ts';
import { fromLine, headerProblem } from './line.ts';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Read a history that a recorder wrote, sorted by `atNs`. A last line that a crash cut short is left out.
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
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (;;) {
      const bytes = readSync(descriptor, chunk);
      if (bytes === 0) return;
      const lines = (rest + decoder.write(chunk.subarray(0, bytes))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(descriptor);
  }
}
