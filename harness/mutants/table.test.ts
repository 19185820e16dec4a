import t from 'tap';
import { mutantsTable } from './table.ts';

t.test('a row says how many of a file’s mutants were noticed, the last one of all', async (t) => {
  const mutants = (...statuses: string[]) => ({ mutants: statuses.map((status) => ({ status })) });
  const files = {
    'harness/check/arp.ts': mutants('Killed', 'Timeout', 'Survived', 'CompileError', 'Ignored'),
    'harness/check/invariants/scripts.ts': mutants('NoCoverage', 'Killed', 'Killed', 'Killed'),
  };
  t.same(mutantsTable({ files }).split('\n').slice(2), [
    '| arp.ts | 3 | 66.7 % |',
    '| invariants/scripts.ts | 4 | 75.0 % |',
    '| all | 7 | 71.4 % |',
  ]);
});
