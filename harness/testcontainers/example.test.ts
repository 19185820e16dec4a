import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { beginContainerTests } from '../driver/docker/labs-for-tests.ts';

const { skip } = await beginContainerTests(t);

const TOP = path.resolve(import.meta.dirname, '../..');
const EXAMPLE = path.join(import.meta.dirname, 'example');

/** Without what tap loads into the programs of its tests. */
const { NODE_OPTIONS: _, ...outside } = process.env;

/** The example as a project of its own, elsewhere, with its packages linked: what `npm install` makes of it, without a registry. */
function exampleElsewhere(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'onevip-example-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(EXAMPLE, folder, { recursive: true, filter: (file) => path.basename(file) !== 'node_modules' });
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(TOP, path.join(folder, 'node_modules/onevip'));
  symlinkSync(path.join(TOP, 'node_modules/testcontainers'), path.join(folder, 'node_modules/testcontainers'));
  return folder;
}

t.test('the example passes, as a project of its own', { skip, timeout: 120_000 }, async (t) => {
  const done = await execa(process.execPath, ['--test', '--test-reporter=tap'], {
    cwd: exampleElsewhere(),
    env: { ...outside, TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1' },
    extendEnv: false,
    reject: false,
    all: true,
  });
  for (const line of done.all.match(/^ok .*|^not ok .*/gm) ?? []) t.comment(line);
  t.equal(done.exitCode, 0, done.exitCode === 0 ? 'it passes' : done.all);
  t.match(done.all, /^# pass 4$/m, 'all of its tests ran');
});
