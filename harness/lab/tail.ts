import { closeSync, openSync, readSync } from 'node:fs';

/** Gives the whole lines that were added to a file since the last call; none while the file is not there. */
export class Tail {
  private readonly file: string;
  private offset = 0;

  constructor(file: string) {
    this.file = file;
  }

  lines(): string[] {
    const fresh = this.read();
    const end = fresh.lastIndexOf(0x0a);
    this.offset += end + 1;
    return fresh
      .subarray(0, end + 1)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
  }

  private read(): Buffer {
    let fd: number;
    try {
      fd = openSync(this.file, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
    try {
      return readFrom(fd, this.offset);
    } finally {
      closeSync(fd);
    }
  }
}

function readFrom(fd: number, offset: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = offset; ; ) {
    const part = Buffer.alloc(65_536);
    const length = readSync(fd, part, 0, part.length, at);
    if (length === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, length));
    at += length;
  }
}
