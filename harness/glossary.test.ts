import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { readSources } from './arrows.ts';
import { exportedNames, glossaryWords, problemsIn, wordsOf } from './glossary.ts';

const TOP = path.resolve(import.meta.dirname, '..');
const GLOSSARY = glossaryWords(readFileSync(path.join(TOP, 'README.md'), 'utf8'));
const PLAIN = readFileSync(path.join(TOP, 'harness/plain-words.txt'), 'utf8').trimEnd().split(/\s+/);
const NAMES = readSources(TOP)
  .filter(({ file }) => file.startsWith('nlb/'))
  .flatMap(({ source }) => exportedNames(source));

t.test('every word of an exported name of nlb is plain, or in the glossary', async (t) => {
  t.ok(NAMES.length > 100, 'the names were read');
  const known = new Set([...GLOSSARY, ...PLAIN]);
  t.same(
    NAMES.flatMap((name) => problemsIn(name, known)),
    [],
  );
});

t.test('a plain word is one that some name uses; they are in order, and none is in the glossary', async (t) => {
  const used = new Set(NAMES.flatMap(wordsOf));
  t.same(
    PLAIN.filter((word) => !used.has(word)),
    [],
  );
  t.same(PLAIN, [...new Set(PLAIN)].toSorted());
  t.same(
    PLAIN.filter((word) => GLOSSARY.includes(word)),
    [],
  );
});

t.test('names are read as the words that they are made of', async (t) => {
  const source =
    'export function* openNLBSAddress(x) {}\nexport const MAX_IPV4 = 2;\nconst hidden = 1;\nexport type Beat = {};';
  t.same(exportedNames(source), ['openNLBSAddress', 'MAX_IPV4', 'Beat']);
  t.same(wordsOf('openNlbsAddress'), ['open', 'nlbs', 'address']);
  t.same(wordsOf('MAX_IPV4'), ['max', 'ipv']);
  t.same(glossaryWords('\n## Glossary\n| word | is |\n|---|---|\n| NLBS address | a |\n\n## Next\n| no | |'), [
    'nlbs',
    'address',
  ]);
});

t.test('a word that is neither plain nor explained is named, and so is what replaces a retired one', async (t) => {
  const known = new Set(['open', 'story']);
  t.same(problemsIn('open', known), []);
  t.match(problemsIn('openGizmo', known), [/"gizmo" is in neither the glossary nor harness\/plain-words.txt/]);
  t.match(problemsIn('story', known), [/instead of "story" say timeline or scenario/]);
});
