import path from 'node:path';
import { importsOf, type SourceFile } from './arrows.ts';

/** Where the systems under test are: each in a folder of its own, and beside them what all have in common. */
const SYSTEMS = 'harness/system/';

/**
 * What only one system knows: names of its programs, its port, labels, sockets and variables. A suite, or the harness, that says
 * one of these words cannot be run against another system.
 */
const WORDS = /nlbd|nlbctl|\bNLB_|\b4694\b|access:nlbs|\blo:nlb\b|onevip_lb|keepalived-nft/;

/** What of the harness and the suites is not neutral of the system under test, a line for each place. Tests may name examples. */
export function notNeutral(files: readonly SourceFile[]): string[] {
  const common = files.filter(({ file }) => isNeutral(file));
  return common.flatMap(({ file, source }) => [
    ...source.split('\n').flatMap((line, index) => {
      const [word] = WORDS.exec(line) ?? [];
      return word === undefined ? [] : [`${file}:${index + 1} says ${word}, which one system alone knows`];
    }),
    ...importsOf(source)
      .map((written) => path.posix.join(path.posix.dirname(file), written))
      .filter(isOfOneSystem)
      .map((target) => `${file} imports ${target}, which is of one system alone`),
  ]);
}

const isOfOneSystem = (file: string): boolean => file.startsWith(SYSTEMS) && file.slice(SYSTEMS.length).includes('/');

function isNeutral(file: string): boolean {
  const isCommon = file.startsWith('harness/') || file.startsWith('suites/') || file.startsWith('reports/');
  return isCommon && !isOfOneSystem(file) && !file.endsWith('.test.ts') && !LISTS.includes(file);
}

/** Of words, and of systems. */
const LISTS = ['harness/neutral.ts', `${SYSTEMS}systems.ts`];
