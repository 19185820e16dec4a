/** What is said within so long is written in one piece: one system call for many lines. */
const gatherMs = 5;
/** A pipe holds 65,536 bytes. */
const gatherCharacters = 32_768;

/** Writes JSON lines to a stream, a few milliseconds' worth at a time, in the order in which they were said. */
export class LineWriter {
  readonly #write: (text: string) => void;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(line: object): void {
    this.#text += `${JSON.stringify(line)}\n`;
    if (this.#text.length >= gatherCharacters) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), gatherMs);
  }

  /** Write what is waiting, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#write(text);
  }
}

/** A writer to standard output. The program ends when nobody reads it any more: its harness is gone. */
export function standardOutput(): LineWriter {
  process.stdout.on('error', () => process.exit(1));
  return new LineWriter((text) => process.stdout.write(text));
}
