import type { Stats } from 'node:fs';

/** Why a file that the daemon trusts is not to be trusted, by its owner. @param userId whose daemon it is */
export function ownerProblem({ uid }: Pick<Stats, 'uid'>, userId: number): string | undefined {
  if (uid === 0 || uid === userId) return undefined;
  return `belongs to user ${uid}; only root and the daemon's user (${userId}) may own it`;
}
