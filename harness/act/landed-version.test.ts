import t from 'tap';
import { LAST_OF_VERSION_3, lacksVersion } from './landed-version.ts';

t.test('a version that the history does not hold is lacking, and the words say what would change that', async (t) => {
  const nowhere = '0123456789'.repeat(4);
  t.match(lacksVersion(nowhere), new RegExp(`does not hold ${nowhere}: git fetch --unshallow`));
  t.match(lacksVersion(undefined), /does not hold an earlier commit/);
  t.equal(lacksVersion('HEAD'), undefined);
  t.match(LAST_OF_VERSION_3, /^[0-9a-f]{40}$/);
});
