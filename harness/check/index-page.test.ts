import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { checkerNames } from './claim.ts';
import { declaredCheckers } from './declared-checkers.ts';
import { indexPage, PAGE, readSources } from './index-page.ts';
import { loadCheckers } from './load.ts';

const page = readFileSync(PAGE, 'utf8');
const sources = readSources();
const declared = declaredCheckers(sources);

t.test('the page is what the source says; node harness/check/index-page.ts makes it anew', async (t) => {
  t.equal(page, indexPage(page, sources));
});

t.test(
  'every checker is on the page, by the name that its claims are stored by, and says what it judges',
  async (t) => {
    await loadCheckers();
    t.same(declared.map(({ name }) => name).toSorted(), checkerNames());
    for (const { name, functionName, doc, file } of declared) {
      t.equal(functionName, name, `${file}: the constant and its function have one name`);
      t.ok(doc.length > 20, `${name} has a docstring`);
      t.ok(page.includes(`[\`${name}\`](${file})`), name);
    }
  },
);

t.test('a premise never fails', async (t) => {
  const premises = declared.filter(({ premise }) => premise);
  t.ok(premises.length > 0);
  for (const { name, file } of premises) {
    const text = sources.find((source) => source.file === file)?.text ?? '';
    const [body = ''] = text.split(`(function ${name}(`)[1]?.split('\n});\n') ?? [];
    t.notMatch(body, /\bfail\b/, name);
  }
});

t.test('links lead somewhere, and the example imports what there is', async (t) => {
  for (const [, link = ''] of page.matchAll(/\]\(([^)\s]+)\)/g)) {
    t.ok(existsSync(path.join(path.dirname(PAGE), link)), link);
  }
  const imports = [...page.matchAll(/^import \{ (.*) \} from '\.\.\/(.*)';$/gm)];
  t.ok(imports.length > 3);
  for (const [, names = '', file = ''] of imports) {
    const module = await import(path.resolve(import.meta.dirname, '../..', file));
    for (const name of names.split(', ')) t.type(module[name], 'function', `${file}: ${name}`);
  }
});

t.test('a declaration is read with its docstring, and its options wherever they are declared', async (t) => {
  const text = [
    'interface Sample extends Filter {',
    '  /** How many; at least. */',
    '  atLeast: number;',
    '}',
    '/**',
    ' * HA-6: none is lost,',
    ' * of any.',
    ' * @param options.node the prober',
    ' * @notices one in ten',
    ' */',
    'export const noneLost = checker(function noneLost(',
    "  options: Omit<Sample, 'kind'> & { ends?: Record<string, Port[]> },",
    ') {',
    '});',
    '/** Only a part. @premise */',
    'const part = partChecker(function part(fromNs: number, claim) {',
    '});',
  ].join('\n');
  const other = { file: 'b.ts', text: 'export interface Filter {\n  node?: string;\n  kind: number;\n}\n' };
  t.same(declaredCheckers([{ file: 'a.ts', text }, other]), [
    {
      name: 'noneLost',
      functionName: 'noneLost',
      file: 'a.ts',
      part: false,
      doc: 'HA-6: none is lost, of any. `node`: the prober',
      premise: false,
      notices: 'one in ten',
      options: [
        { name: 'node', type: 'string', optional: true },
        { name: 'atLeast', type: 'number', optional: false },
        { name: 'ends', type: 'Record<string, Port[]>', optional: true },
      ],
    },
    {
      name: 'part',
      functionName: 'part',
      file: 'a.ts',
      part: true,
      doc: 'Only a part.',
      premise: true,
      options: [{ name: 'fromNs', type: 'number', optional: false }],
    },
  ]);
});
