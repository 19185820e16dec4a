import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { ownerProblem } from './file-access.ts';

/**
 * Why a state script is not to be run; undefined when it may be. It runs as the daemon does, so whoever can write to it can do
 * whatever the daemon can.
 * @param userId whose daemon runs it: besides root, the only one who may own it
 */
export function scriptProblem(file: string, userId = process.geteuid?.() ?? 0): string | undefined {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) return 'is not a regular file';
    accessSync(file, constants.X_OK);
    return ownerProblem(stats, userId) ?? writableProblem(stats);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'EACCES' ? 'may not be executed (chmod +x)' : `cannot be run: ${message}`;
  }
}

function writableProblem({ mode }: Stats): string | undefined {
  const bits = mode & 0o777;
  if ((bits & 0o022) === 0) return undefined;
  return `has mode 0${bits.toString(8)}; none but its owner may write to it (chmod go-w)`;
}
