import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/** Where processes of this machine keep what they share. */
const SHARED = '/dev/shm';

/** When this process exits, shared memory of ended processes is taken away that came after this call: the name's first group is the process id. */
export function removeSharedMemoryAtExit(name: RegExp): void {
  const before = new Set(readdirSync(SHARED));
  process.once('exit', () => {
    const left = leftBehind(readdirSync(SHARED), before, name, (pid) => existsSync(`/proc/${pid}`));
    for (const file of left) rmSync(path.join(SHARED, file), { force: true });
  });
}

/** Files of such a name that were not there before and whose process is gone. */
export function leftBehind(
  now: readonly string[],
  before: ReadonlySet<string>,
  name: RegExp,
  isAlive: (pid: string) => boolean,
): string[] {
  return now.filter((file) => {
    const pid = name.exec(file)?.[1];
    return pid !== undefined && !before.has(file) && !isAlive(pid);
  });
}
