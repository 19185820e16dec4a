import { execFileSync } from 'node:child_process';
import path from 'node:path';

export const PROJECT = path.resolve(import.meta.dirname, '../..');

/** The commit of that name in this project's history; undefined where the history here does not hold it. */
export function commitOf(name: string): string | undefined {
  const words = ['-C', PROJECT, 'rev-parse', '--quiet', '--verify', `${name}^{commit}`];
  try {
    return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
