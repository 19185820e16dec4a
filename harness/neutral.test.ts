import path from 'node:path';
import t from 'tap';
import { readSources } from './arrows.ts';
import { notNeutral } from './neutral.ts';

t.test('only the folder of a system knows its programs, ports, labels and files', async (t) => {
  const files = readSources(path.resolve(import.meta.dirname, '..'));
  t.ok(files.length > 100, 'the whole tree was read');
  t.same(notNeutral(files), []);
});

t.test('a word of one system is named with its place', async (t) => {
  const place = (file: string, source: string) => notNeutral([{ file, source }]);
  t.same(place('suites/x.ts', 'const a = 1;\nconst port = 4694;'), [
    'suites/x.ts:2 says 4694, which one system alone knows',
  ]);
  for (const word of ['nlbd', "run(['nlbctl'])", '$NLB_STATE', 'access:nlbs', 'label lo:nlb', 'keepalived-nft'])
    t.equal(place('harness/act/x.ts', word).length, 1, word);
  for (const file of ['harness/system/nlb/x.ts', 'harness/act/x.test.ts', 'nlb/nlbd.ts'])
    t.same(place(file, 'nlbd 4694'), []);
  t.same(place('suites/x.ts', 'nlb1 nlbs 14694 keepalived'), []);
});

t.test('the list of systems alone imports one', async (t) => {
  const [q, from] = ["'", 'import x from'];
  const source = `${from} ${q}../system/nlb/nlb.ts${q};`;
  t.same(notNeutral([{ file: 'harness/lab/lab.ts', source }]), [
    'harness/lab/lab.ts imports harness/system/nlb/nlb.ts, which is of one system alone',
  ]);
  t.same(notNeutral([{ file: 'harness/lab/lab.ts', source: `${from} ${q}../system/systems.ts${q};` }]), []);
  t.same(notNeutral([{ file: 'harness/system/systems.ts', source: `${from} ${q}./nlb/nlb.ts${q};` }]), []);
});
