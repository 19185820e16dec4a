import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Every file of this room and of its invariants that may declare checkers, in order. */
export const checkerFiles = (): string[] =>
  readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .toSorted()
    .map((file) => path.join(import.meta.dirname, file));

/** Loads all checkers, so that a claim that was read from a file finds its own. */
export async function loadCheckers(): Promise<void> {
  await Promise.all(checkerFiles().map((file) => import(file)));
}
