import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const TOP = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(TOP, file), 'utf8');
const README = read('README.md');

/** Cells of the rows of the table below a heading of the README, without the quotes of code. */
function tableBelow(heading: string): string[][] {
  const section = README.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** What the command line says of itself: `--help` of the whole, or of one command. */
async function help(...command: string[]): Promise<string> {
  const { stdout } = await execa({ cwd: TOP })`${process.execPath} harness/cli.ts ${command} --help`;
  return stdout;
}

const sorted = (words: Iterable<string>): string[] => [...new Set(words)].toSorted();

t.test('every link leads to a file or a heading', async (t) => {
  const headings = [...README.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  );
  const links = [...README.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  t.ok(links.length > 0, 'there are links');
  for (const link of links) {
    if (link.startsWith('#')) t.ok(headings.includes(link.slice(1)), link);
    else if (!/^https?:/.test(link)) t.ok(existsSync(path.join(TOP, link)), link);
  }
});

/** Rooms whose README has a table of all their files. */
const DOCUMENTED_ROOMS = ['nlb/pair', 'nlb/control', 'nlb/sync'];

t.test('the README of a room names each file of the room, and no other', async (t) => {
  for (const room of DOCUMENTED_ROOMS) {
    const files = readdirSync(path.join(TOP, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => path.basename(file));
    const rows = read(`${room}/README.md`)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(?:[\w-]+\/)*([\w-]+\.ts)`/g)]);
    t.same(sorted(named.map(([, file = '']) => file)), sorted(files), room);
  }
});

t.test('every command of the command line is in the table, with the options that it has', async (t) => {
  const commands = [...(await help()).matchAll(/^ {2}([a-z]+)(?= .*\S)/gm)].map(([, name = '']) => name);
  const rows = tableBelow('Commands').map(([usage = '']) => usage);
  const documented = rows.flatMap((usage) => [...usage.matchAll(/\.\/onevip ([a-z]+)/g)].map(([, name = '']) => name));
  t.same(sorted(documented), sorted(commands.filter((name) => name !== 'help')));
  const options = (text: string) => sorted([...text.matchAll(/(?<=[\s,[])--[a-z-]+/g)].map(([option]) => option));
  await Promise.all(
    sorted(documented).map(async (command) => {
      const told = rows.filter((usage) => new RegExp(`\\./onevip ${command}\\b`).test(usage)).join(' ');
      const known = options(await help(command)).filter((option) => !['--help', '--write'].includes(option));
      t.same(options(told), known, command);
    }),
  );
});

t.test('every command that the text names exists', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...README.matchAll(/(?:`|sudo )npm (?:run )?([a-z]+)/g)].map(([, name = '']) => name);
  t.ok(named.length >= 2);
  for (const name of named) t.ok(scripts[name], `npm ${name}`);
  const known = tableBelow('Commands').flatMap(([usage = '']) => usage.match(/(?<=onevip )[a-z]+/g) ?? []);
  for (const [, word = ''] of README.matchAll(/\.\/onevip ([a-z]+)/g)) t.ok(known.includes(word), word);
});

t.test(
  'every Debian package that the launcher installs is in the table, with the same reason, and no other',
  async (t) => {
    const table = /<<'TABLE'\n([\s\S]*?)^TABLE$/m.exec(read('onevip'))?.[1] ?? '';
    const installed = table
      .trimEnd()
      .split('\n')
      .map((row) => row.split('|'));
    t.same(
      tableBelow('Debian packages').map(([name, , why]) => [name, why]),
      installed.map(([, name, , why]) => [name, why]),
    );
  },
);

t.test('every topology is in its table', async (t) => {
  const files = readdirSync(path.join(TOP, 'topologies')).filter((file) => file.endsWith('.yaml'));
  const names = files.map((file) => file.replace('.yaml', ''));
  t.same(sorted(tableBelow('Adding a topology').map(([name = '']) => name)), sorted(names));
});
