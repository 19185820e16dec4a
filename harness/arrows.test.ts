import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { importsOf, judge, readPlan, readSources } from './arrows.ts';

const TOP = path.resolve(import.meta.dirname, '..');

t.test('every import of the project follows an arrow of the floor plan', async (t) => {
  const files = readSources(TOP);
  t.ok(files.length > 20, 'the whole tree was read');
  t.same(judge(readPlan(readFileSync(path.join(TOP, 'README.md'), 'utf8')), files), []);
});

const PLAN = readPlan(`
## Floor plan
An arrow says what a folder may import.
\`\`\`
start               the launcher
harness/
  cli.ts commands/  the command line, which goes on
                    here                            → all of harness except secret, reports
  driver/           makes labs                      → topology
  secret/           known to nobody                 → –
  topology/         data                            → –
  control/          wiring                          → the rest
topologies/         networks
reports/            text                            → harness/topology
\`\`\`
`);

const ALL_ROOMS = [
  'harness/cli.ts',
  'harness/commands/up.ts',
  'harness/driver/netns.ts',
  'harness/secret/key.ts',
  'harness/topology/plan.ts',
  'harness/control/loop.ts',
  'reports/html.ts',
];

/** Judges the tree with one file more (or one in another's place), which imports `written`. */
function verdict(file: string, ...written: string[]): string[] {
  const source = written.map((target) => `import '${target}';`).join('\n');
  const others = ALL_ROOMS.filter((name) => name !== file).map((name) => ({ file: name, source: '' }));
  return judge(PLAN, [...others, { file, source }]);
}

t.test('an import along an arrow, or within a room, is allowed', async (t) => {
  const table: [file: string, target: string][] = [
    ['harness/driver/netns.ts', './device.ts'],
    ['harness/driver/linux/netns.ts', '../device.ts'],
    ['harness/driver/netns.ts', '../topology/plan.ts'],
    ['harness/driver/netns.test.ts', '../topology/plan.ts'],
    ['harness/cli.ts', './commands/up.ts'],
    ['harness/cli.test.ts', './cli.ts'],
    ['harness/commands/up.ts', '../driver/netns.ts'],
    ['harness/control/loop.ts', '../secret/key.ts'],
    ['reports/html.ts', '../harness/topology/plan.ts'],
  ];
  for (const [file, target] of table) t.same(verdict(file, target), [], `${file} → ${target}`);
});

t.test('an import that no arrow allows is named, with the arrow that is missing', async (t) => {
  const table: [file: string, target: string][] = [
    ['harness/topology/plan.ts', '../driver/netns.ts'],
    ['harness/topology/plan.test.ts', '../driver/netns.ts'],
    ['harness/driver/netns.ts', '../commands/up.ts'],
    ['harness/commands/up.ts', '../secret/key.ts'],
    ['reports/html.ts', '../harness/driver/netns.ts'],
    ['harness/control/loop.ts', '../../reports/html.ts'],
    ['harness/driver/netns.ts', '../nowhere/x.ts'],
    ['harness/driver/netns.ts', '../../../elsewhere/x.ts'],
  ];
  for (const [file, target] of table) {
    const from = path.posix.join(path.posix.dirname(file), target);
    t.match(verdict(file, target), [`${file} imports ${from}: no arrow leads there`], `${file} → ${target}`);
  }
});

t.test('a file that the plan gives no room is named', async (t) => {
  for (const file of ['harness/new/x.ts', 'harness/stray.ts', 'stray.ts', 'topologies/x.ts', 'elsewhere/x.ts']) {
    t.same(verdict(file), [`${file}: the floor plan gives it no room`]);
  }
});

t.test('a room of the plan that holds no code is named', async (t) => {
  const files = ALL_ROOMS.filter((file) => !file.includes('secret')).map((file) => ({ file, source: '' }));
  t.same(judge(PLAN, files), ['harness/secret/: the floor plan names it, and there is no code in it']);
});

t.test('a plan that cannot be followed is refused', async (t) => {
  t.throws(() => readPlan('# Readme'), { message: /no floor plan/ });
  t.throws(() => readPlan('## Floor plan\n```\na/  text  → b\n```\n'), { message: /points to b, which no line names/ });
});

t.test('every way to import is seen', async (t) => {
  const [q, keyword] = ["'", 'import'];
  const source = [
    `${keyword} a from ${q}./a.ts${q};`,
    `${keyword} type { B } from "../b.ts";`,
    `${keyword} {\n  c,\n  d,\n} from ${q}./c.ts${q};`,
    `${keyword} ${q}./e.ts${q};`,
    `export { f } from ${q}./f.ts${q};`,
    `${keyword} t from ${q}tap${q};`,
    `const g = await ${keyword}(${q}./g.ts${q});`,
    `new Worker(new URL(${q}./h.ts${q}, ${keyword}.meta.url));`,
    `export const text = ${q}./no.ts${q};`,
  ].join('\n');
  t.same(importsOf(source).toSorted(), ['../b.ts', './a.ts', './c.ts', './e.ts', './f.ts', './g.ts', './h.ts']);
});
