import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { scriptProblem } from './script-file.ts';

const folder = t.testdir();
let files = 0;

function scriptOf(mode: number, owner = 0): string {
  const file = join(folder, `script${++files}`);
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, mode);
  chownSync(file, owner, 0);
  return file;
}

t.test('a script that its owner alone may write to is run, whoever may read it', async (t) => {
  for (const mode of [0o700, 0o755, 0o555, 0o500]) t.equal(scriptProblem(scriptOf(mode), 0), undefined);
  t.equal(scriptProblem(scriptOf(0o755, 12_345), 12_345), undefined, 'its own user may own it');
});

t.test('a script that others may write to, or that belongs to others, is refused', async (t) => {
  for (const mode of [0o775, 0o757, 0o777, 0o722])
    t.match(scriptProblem(scriptOf(mode), 0), `has mode 0${mode.toString(8)}; none but its owner may write to it`);
  t.match(scriptProblem(scriptOf(0o755, 12_345), 0), "belongs to user 12345; only root and the daemon's user (0)");
});

t.test('what cannot be executed, or is no regular file, is refused', async (t) => {
  t.match(scriptProblem(scriptOf(0o644), 0), 'may not be executed (chmod +x)');
  t.match(scriptProblem(folder, 0), 'is not a regular file');
  t.match(scriptProblem(join(folder, 'none'), 0), /^cannot be run: ENOENT/);
});
