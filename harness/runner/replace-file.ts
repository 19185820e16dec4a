import { renameSync, writeFileSync } from 'node:fs';

/** Whoever kills the writer at any moment leaves a whole file: the old one or the new one. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
