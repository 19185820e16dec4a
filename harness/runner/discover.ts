import { readdirSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../lab/run-folder.ts';
import type { Suite } from './suite.ts';

const FOLDER = path.join(PROJECT, 'suites');

/** Every suite of the project, by name. The files are loaded; nothing of them runs. */
export async function discoverSuites(): Promise<Suite[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const load = async (file: string) => (await import(path.join(FOLDER, file))) as { default: Suite };
  return (await Promise.all(files.map(load))).map((module) => module.default);
}

/** The file of a suite, relative to the project. */
export const suiteFile = (name: string): string => path.join('suites', `${name}.ts`);
