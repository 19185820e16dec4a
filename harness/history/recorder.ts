import { closeSync, openSync, writeSync } from 'node:fs';
import type { HistoryEvent } from './event.ts';
import { headerLine, toLine } from './line.ts';

/** What a crash may cost at most, and how much is gathered for one write. */
const WRITE_EVERY_MS = 100;
const WRITE_AT_EVENTS = 4096;

/** The append-only record of everything that was done and seen. */
export interface Recorder {
  record(event: HistoryEvent): void;
  /** Nanoseconds since the history began, on CLOCK_MONOTONIC. */
  nowNs(): number;
  /** A reading of CLOCK_MONOTONIC in nanoseconds, moved onto the history's clock. */
  fromMonotonic(monotonicNs: bigint): number;
  /** Everything recorded until now, from `sinceNs` on, sorted by `atNs`; events of one instant in the order of recording. */
  events(sinceNs?: number): HistoryEvent[];
  /** The same without a copy, for who looks at it at once and keeps nothing: what is recorded next changes it. */
  glimpse(sinceNs: number): HistoryEvent[];
  /** Write what is left and close the file. Recording afterwards is a defect and throws. */
  close(): void;
}

export interface HistoryOptions {
  /** File of JSON lines, made new; its first line names the format and the clock. Absent: in memory alone. */
  file?: string;
  /** Reading of CLOCK_MONOTONIC at which the history begins; now, when absent. Processes that share a history share it. */
  startedNs?: bigint;
}

/**
 * Begin a history. Lines are written at most 100 ms after their event, or when the process exits for whatever reason but
 * a signal; so a crash costs the last 100 ms.
 *
 * @throws the file system's error, when the file cannot be made or written
 */
export function openHistory(options: HistoryOptions = {}): Recorder {
  const startedNs = options.startedNs ?? process.hrtime.bigint();
  const file = options.file === undefined ? undefined : new LineFile(options.file, startedNs);
  return new History(startedNs, file);
}

class History implements Recorder {
  readonly #startedNs: bigint;
  readonly #file: LineFile | undefined;
  /** Sorted; what came after that waits to be sorted in when somebody asks. */
  readonly #events: HistoryEvent[] = [];
  #fresh: HistoryEvent[] = [];
  #closed = false;

  constructor(startedNs: bigint, file: LineFile | undefined) {
    this.#startedNs = startedNs;
    this.#file = file;
  }

  record(event: HistoryEvent): void {
    if (this.#closed) throw new Error(`an event of kind ${event.kind} was recorded after the history was closed`);
    this.#fresh.push(event);
    this.#file?.append(event);
  }

  nowNs(): number {
    return this.fromMonotonic(process.hrtime.bigint());
  }

  fromMonotonic(monotonicNs: bigint): number {
    return Number(monotonicNs - this.#startedNs);
  }

  events(sinceNs = Number.NEGATIVE_INFINITY): HistoryEvent[] {
    this.#sortIn();
    return this.#events.slice(firstFrom(this.#events, sinceNs));
  }

  glimpse(sinceNs: number): HistoryEvent[] {
    this.#sortIn();
    const first = firstFrom(this.#events, sinceNs);
    return first === 0 ? this.#events : this.#events.slice(first);
  }

  /** What is fresh is seldom older than what was there a moment ago, so only the end is sorted anew. */
  #sortIn(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh.sort(byInstant);
    const at = firstFrom(this.#events, fresh[0]?.atNs ?? 0);
    const end = this.#events.splice(at).concat(fresh).sort(byInstant);
    for (const event of end) this.#events.push(event);
    this.#fresh = [];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file?.close();
  }
}

const byInstant = (one: HistoryEvent, other: HistoryEvent): number => one.atNs - other.atNs;

/** Index of the first event that is not before the instant; the events must be sorted. */
function firstFrom(events: readonly HistoryEvent[], instantNs: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.atNs ?? 0) < instantNs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Encoding and writing wait for a quiet moment: recording one event only puts it into a list. */
class LineFile {
  readonly #descriptor: number;
  readonly #writeNow = () => this.#write();
  #waiting: HistoryEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, startedNs: bigint) {
    this.#descriptor = openSync(path, 'w');
    writeSync(this.#descriptor, headerLine(startedNs));
    process.on('exit', this.#writeNow);
  }

  append(event: HistoryEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length >= WRITE_AT_EVENTS) this.#write();
    else this.#timer ??= setTimeout(this.#writeNow, WRITE_EVERY_MS).unref();
  }

  close(): void {
    this.#write();
    process.off('exit', this.#writeNow);
    closeSync(this.#descriptor);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = Buffer.from(this.#waiting.map(toLine).join(''));
    this.#waiting = [];
    for (let at = 0; at < text.length; ) at += writeSync(this.#descriptor, text, at);
  }
}
