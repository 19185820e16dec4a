import path from 'node:path';
import t from 'tap';
import { forgetCheckers, loadChecker, runTestFile } from './test-file.ts';

const loaded: string[] = [];
Object.assign(globalThis, { loaded });

const folder = path.join(
  t.testdir({
    harness: {
      check: {
        'good.ts': `globalThis.loaded.push('good'); export const good = true;`,
        'good.test.ts': `
          import t from 'tap';
          import { good } from './good.ts';
          globalThis.loaded.push('test');
          t.test('it is good', async (t) => { t.ok(good); });`,
        'bad.test.ts': `
          import t from 'tap';
          t.test('one', async (t) => { t.equal(1, 2, 'one is two'); });
          t.test('two', async (t) => { t.fail('went on'); });`,
        'broken.test.ts': `import './nowhere.ts';`,
      },
    },
  }),
  'harness/check',
);
const run = (name: string) => runTestFile(path.join(folder, name));

t.test('a file that passes says nothing, one that does not the first thing that failed', async (t) => {
  t.equal(await run('good.test.ts'), undefined);
  t.match(await run('bad.test.ts'), /one is two/);
  t.match(await run('broken.test.ts'), /^it cannot be loaded: .*nowhere/);
  t.equal(await run('good.test.ts'), undefined, 'whatever ran before');
});

t.test('a test is loaded for each run, a checker when it was forgotten', async (t) => {
  const loads = async (): Promise<string[]> => {
    loaded.length = 0;
    await run('good.test.ts');
    return [...loaded];
  };
  t.same(await loads(), ['test']);
  forgetCheckers();
  t.same(await loads(), ['good', 'test']);
  forgetCheckers();
  loaded.length = 0;
  await loadChecker(path.join(folder, 'good.ts'));
  t.same(loaded, ['good']);
  t.same(await loads(), ['test'], 'it is loaded already');
});
