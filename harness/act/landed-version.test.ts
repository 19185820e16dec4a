import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { LAST_OF_VERSION_3, lacksVersion } from './landed-version.ts';

t.test('a version that the history does not hold is lacking, and the words say what would change that', async (t) => {
  const nowhere = '0123456789'.repeat(4);
  t.match(lacksVersion(nowhere), new RegExp(`does not hold ${nowhere}: git fetch --unshallow`));
  t.match(lacksVersion(undefined), /does not hold an earlier commit/);
  t.match(LAST_OF_VERSION_3, /^[0-9a-f]{40}$/);
});

const skip = existsSync(path.join(import.meta.dirname, '../../.git'))
  ? false
  : 'this copy of the project has no history';

t.test('one that it holds is not', { skip }, async (t) => {
  t.equal(lacksVersion('HEAD'), undefined);
});
