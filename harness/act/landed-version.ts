import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../lab/run-folder.ts';
import type { Scene } from './scene.ts';

/** Versions of the load balancer that stand in the project's history, for a pair of two versions. */

/** The last that speaks version 3 of the heartbeat alone. */
export const LAST_OF_VERSION_3 = '8b4a1537133919d506907b57d0c8c80212c69ea3';

/**
 * The newest that has landed: the tip of `main` where this is a branch or a pull request, else what `main` was before its last
 * commit. Undefined where the history does not reach so far, as in a shallow clone.
 */
export function lastLanded(): string | undefined {
  const head = resolve('HEAD');
  const landed = ['origin/main', 'main'].map(resolve).find((commit) => commit !== undefined && commit !== head);
  return landed ?? resolve('HEAD^');
}

/** Why a version cannot be run here; undefined where it can. */
export function lacksVersion(commit: string | undefined): string | undefined {
  if (commit !== undefined && resolve(commit) !== undefined) return undefined;
  return `the history here does not hold ${commit ?? 'an earlier commit'}: git fetch --unshallow`;
}

/** Puts a version into the lab's folder, with this project's packages. @returns the folder with its commands */
export function unpackVersion({ lab }: Scene, commit: string): string {
  const folder = path.join(lab.folder, `version-${commit.slice(0, 12)}`);
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

function resolve(name: string): string | undefined {
  const words = ['-C', PROJECT, 'rev-parse', '--quiet', '--verify', `${name}^{commit}`];
  try {
    return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
