import { readFileSync } from 'node:fs';
import t from 'tap';
import { invariantsOf } from './index.ts';
import { CLUSTER, SETTING } from './literal-setting.ts';

t.test('the README has a row for each invariant, and no other', async (t) => {
  const text = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(.*?)` \| (.*?) \| (.*?) \|$/gm)].map(([, ...cells]) => cells);
  t.same(
    rows,
    invariantsOf(SETTING).map(({ name, title, proves }) => [name, title, proves.join(', ')]),
  );
});

t.test('where the NLBS address is a cluster address, what is said of the private side is not asked', async (t) => {
  const names = invariantsOf({ ...SETTING, nlbs: CLUSTER }).map(({ name }) => name);
  t.same(names, [
    'one answerer',
    'alias off the standby',
    'replies bypass',
    'forwarded once',
    'declared drops',
    'scripts in order',
    'nothing left',
  ]);
});
