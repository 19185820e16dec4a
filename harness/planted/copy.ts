import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../lab/run-folder.ts';
import { changedFiles, changesProgram } from './apply.ts';
import { BadPlantedBug, fileOf, type PlantedBug } from './bug.ts';

/** What a copy shares with the project: packages, and the history, of which a suite takes an earlier version. */
const SHARED = ['node_modules', '.git'];
/** `biome.json`: a second one below the project's own keeps biome from checking anything. */
const LEFT_OUT = ['node_modules', 'runs', 'biome.json'];
const isLeftOut = (name: string): boolean => name.startsWith('.') || LEFT_OUT.includes(name);

/**
 * A copy of the project's working tree with the planted bug in it, 4 MB, and built. Nothing of the project itself is written to.
 * @throws BadPlantedBug where the change does not apply, or the eBPF program does not compile with it
 */
export function plantInCopy(bug: PlantedBug, folder: string): void {
  const changed = changedFiles(bug, readProjectFile);
  for (const name of readdirSync(PROJECT)) {
    if (!isLeftOut(name)) cpSync(path.join(PROJECT, name), path.join(folder, name), { recursive: true });
  }
  for (const name of SHARED) {
    if (existsSync(path.join(PROJECT, name))) symlinkSync(path.join(PROJECT, name), path.join(folder, name));
  }
  for (const [file, text] of changed) writeFileSync(path.join(folder, file), text);
  if (changesProgram(bug)) build(bug, folder);
}

export const removeCopy = (folder: string): void => rmSync(folder, { recursive: true, force: true });

export function readProjectFile(file: string): string | undefined {
  const whole = path.join(PROJECT, file);
  return existsSync(whole) ? readFileSync(whole, 'utf8') : undefined;
}

function build({ name }: PlantedBug, folder: string): void {
  const program = path.join(folder, 'nlb/datapath/program/build.ts');
  const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  if (status !== 0) throw new BadPlantedBug(`${fileOf(name)}: the eBPF program does not compile with it:\n${stderr}`);
}
