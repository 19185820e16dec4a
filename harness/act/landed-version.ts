import { commitOf } from '../system/commits.ts';
import type { Scene } from './scene.ts';

/** Versions of the load balancer that stand in the project's history, for a pair of two versions. */

/** The last that speaks version 3 of the heartbeat alone. */
export const LAST_OF_VERSION_3 = '8b4a1537133919d506907b57d0c8c80212c69ea3';

/**
 * The newest that has landed: the tip of `main` where this is a branch or a pull request, else what `main` was before its last
 * commit. Undefined where the history does not reach so far, as in a shallow clone.
 */
export function lastLanded(): string | undefined {
  const head = commitOf('HEAD');
  const landed = ['origin/main', 'main'].map(commitOf).find((commit) => commit !== undefined && commit !== head);
  return landed ?? commitOf('HEAD^');
}

/** Why a version cannot be run here; undefined where it can. */
export function lacksVersion(commit: string | undefined): string | undefined {
  if (commit !== undefined && commitOf(commit) !== undefined) return undefined;
  return `the history here does not hold ${commit ?? 'an earlier commit'}: git fetch --unshallow`;
}

/** Puts a version into the lab's folder. @returns the folder with its commands */
export const unpackVersion = ({ lab }: Scene, commit: string): string => lab.use('versions')(lab.folder, commit);
