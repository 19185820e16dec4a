import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../commits.ts';

/** Puts the version of a commit into the folder, with this project's packages. @returns the folder with its commands */
export function unpackVersion(into: string, commit: string): string {
  const folder = path.join(into, `version-${commit.slice(0, 12)}`);
  const commands = path.join(folder, 'nlb', 'bin');
  if (existsSync(commands)) return commands;
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['-C', PROJECT, 'archive', commit, 'nlb', 'package.json'], {
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(path.join(PROJECT, 'node_modules'), path.join(folder, 'node_modules'));
  return commands;
}
