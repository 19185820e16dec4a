import { readdirSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../lab/run-folder.ts';
import type { Suite } from './suite.ts';

const FOLDER = path.join(PROJECT, 'suites');

/** Every suite of the project, by name. The files are loaded; nothing of them runs. */
export async function discoverSuites(): Promise<Suite[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  return Promise.all(files.map((file) => loadSuite(file.replace(/\.ts$/, ''))));
}

/** A suite by its name. */
export async function loadSuite(name: string): Promise<Suite> {
  return ((await import(path.join(FOLDER, `${name}.ts`))) as { default: Suite }).default;
}

/** The file of a suite, relative to the project. */
export const suiteFile = (name: string): string => path.join('suites', `${name}.ts`);
