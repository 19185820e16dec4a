import path from 'node:path';
import { execa } from 'execa';

/** A fresh Debian 12 in a folder, for tests. */

const PROGRAM = path.join(import.meta.dirname, 'debian-root');

/** Why none can be made here; undefined where it can. */
export async function whyNoDebianRoot(): Promise<string | undefined> {
  const { exitCode, stderr } = await execa(PROGRAM, ['--mirror'], { reject: false });
  return exitCode === 0 ? undefined : stderr;
}

/** Makes it in a folder that is not there yet. @throws when it does not get it, with what was said */
export async function makeDebianRoot(folder: string): Promise<void> {
  await execa(PROGRAM, [folder]);
}
