import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One line of the floor plan: files and folders that belong together, and what they may import. */
export interface Room {
  /** Paths from the top: `harness/commands/`, `harness/cli.ts`. */
  names: string[];
  /** Paths that it may import; a folder stands for all that it holds. Absent: there is no code in it. */
  allowed?: string[];
  /** Exceptions from `allowed`. */
  denied: string[];
}

export interface SourceFile {
  /** From the top, with `/`. */
  file: string;
  source: string;
}

interface Line {
  folder: string;
  words: string[];
  arrow: string | undefined;
}

/**
 * Reads the floor plan in README.md: one room for each line, and after `→` the rooms that it may import.
 *
 *     harness/
 *       cli.ts commands/  the command line        → all of harness, reports
 *       driver/           makes and unmakes labs  → topology
 *       topology/         networks as data        → –
 *     suites/             what is promised        → harness except commands
 *
 * A name is that of a neighbour in the same folder, else a path from the top. `the rest` is all neighbours. A line that
 * is indented further goes on with the one above it.
 * @throws when there is no plan, or an arrow points to what no line names.
 */
export function readPlan(readme: string): Room[] {
  const block = /^## Floor plan$[\s\S]*?^```\w*\n([\s\S]*?)^```$/m.exec(readme)?.[1];
  if (block === undefined) throw new Error('README.md has no floor plan: a block of code below "## Floor plan"');
  const lines = linesOf(block.replaceAll(/\n {3,}/g, ' '));
  const known = lines.flatMap((line) => line.words.map((word) => line.folder + word));
  return lines.map(({ folder, words, arrow }) => {
    const [allowed, denied = []] = (arrow ?? '').split(' except ').map((names) => pointsTo(names, folder, known));
    return {
      names: words.map((word) => folder + word),
      denied,
      ...(arrow === undefined || allowed === undefined ? {} : { allowed }),
    };
  });
}

function linesOf(block: string): Line[] {
  let folder = '';
  return block
    .split('\n')
    .filter((text) => text.trim() !== '')
    .map((text) => {
      const [left = '', arrow] = text.split(/ {2,}→ /);
      const words = leadingNames(left);
      const within = text.startsWith(' ') ? folder : '';
      if (within === '') folder = words[0] ?? '';
      return { folder: within, words, arrow: arrow?.trim() };
    });
}

function leadingNames(text: string): string[] {
  const words = text.trim().split(/\s+/);
  const end = words.findIndex((word) => !/^[\w.-]+(\/|\.ts)$/.test(word));
  return end === -1 ? words : words.slice(0, end);
}

function pointsTo(names: string, folder: string, known: readonly string[]): string[] {
  if (names === 'the rest') return [folder];
  const words = names.replace('all of ', '').split(/[\s,]+/);
  return words.filter((word) => word !== '' && word !== '–').map((word) => named(word, folder, known));
}

function named(word: string, folder: string, known: readonly string[]): string {
  const found = [`${folder}${word}/`, `${folder}${word}`, `${word}/`].find((name) => known.includes(name));
  if (found === undefined) throw new Error(`README.md: an arrow in ${folder} points to ${word}, which no line names`);
  return found;
}

/** Relative paths that a source imports, as it writes them: statements, `import(…)`, and `new URL(…)` of a worker. */
export function importsOf(source: string): string[] {
  const statement = /^(?:import|export)\b(?:[^;'"]*\bfrom)?\s*['"](\.{1,2}\/[^'"]+)['"]/gm;
  const expression = /\b(?:import|new URL)\(\s*['"](\.{1,2}\/[^'"]+\.ts)['"]/g;
  return [statement, expression].flatMap((pattern) =>
    [...source.matchAll(pattern)].flatMap(([, found]) => found ?? []),
  );
}

/** What the plan does not allow, one line for each: a file without a room, a room without a file, a forbidden import. */
export function judge(rooms: readonly Room[], files: readonly SourceFile[]): string[] {
  const homeless = files.filter(({ file }) => !roomOf(rooms, file)?.allowed);
  const empty = rooms.filter((room) => room.allowed && !files.some(({ file }) => roomOf(rooms, file) === room));
  return [
    ...homeless.map(({ file }) => `${file}: the floor plan gives it no room`),
    ...empty.map(({ names }) => `${names.join(' ')}: the floor plan names it, and there is no code in it`),
    ...files.flatMap((file) => forbidden(rooms, file)),
  ];
}

function forbidden(rooms: readonly Room[], { file, source }: SourceFile): string[] {
  const from = roomOf(rooms, file);
  return importsOf(source)
    .map((written) => path.posix.join(path.posix.dirname(file), written))
    .filter((target) => from?.allowed && roomOf(rooms, target) !== from && !mayImport(from, target))
    .map((target) => `${file} imports ${target}: no arrow leads there from ${from?.names.join(' ')}`);
}

const holds = (name: string, file: string): boolean =>
  name.endsWith('/') ? file.startsWith(name) : file.replace('.test.ts', '.ts') === name;

function mayImport({ allowed = [], denied }: Room, target: string): boolean {
  return allowed.some((name) => holds(name, target)) && !denied.some((name) => holds(name, target));
}

/** The line that names the file most closely. A folder of rooms is none itself, so files beside its rooms need a line. */
function roomOf(rooms: readonly Room[], file: string): Room | undefined {
  const isRoom = (name: string) => !rooms.some(({ names }) => names.some((n) => n !== name && n.startsWith(name)));
  return rooms.find(({ names }) => names.some((name) => isRoom(name) && holds(name, file)));
}

/** Every `.ts` file below the folder, but for packages (the example project may have some, which lead back here), runs and what begins with a dot. */
export const readSources = (top: string): SourceFile[] =>
  filesBelow(top, '')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, source: readFileSync(path.join(top, file), 'utf8') }));

function filesBelow(top: string, folder: string): string[] {
  return readdirSync(path.join(top, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules' && name !== 'runs')
    .flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(top, file) : [file];
    });
}
