import { execFileSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';

const TAP = `TAP version 14
1..3
# Subtest: a.test.ts
    # Subtest: it adds
        ok 1 - two and two
        1..1
    ok 1 - it adds # time=1.5ms
    
ok 1 - a.test.ts # time=12.34ms

# Subtest: b.test.ts
    # Subtest: it divides
        ok 1 - by two
        not ok 2 - by nothing
          ---
          diff: |
            -1
            +Infinity
          ...
        1..2
    not ok 1 - it divides # time=2ms
    
not ok 2 - b.test.ts # time=20ms

ok 3 - c.test.ts # SKIP needs root
# { total: 3, pass: 1, fail: 1, skip: 1 }
`;

t.test('a line for each file, a failure whole but for what passed, and the total', async (t) => {
  const program = path.join(import.meta.dirname, 'test-lines.ts');
  const said = execFileSync(process.execPath, [program], { input: TAP, encoding: 'utf8' });
  const lines = said.split('\n').map((line) => line.replace(/^ +\d+\.\d /, ''));
  t.match(lines[0], /^ok {5}a\.test\.ts 12\.34ms \(1 of 3, about \d+ s left\)$/);
  t.match(said, /not ok 2 - by nothing\n {10}---\n {10}diff: \|\n {12}-1\n/);
  t.notMatch(said, /by two|two and two/);
  t.match(said, /\n *\d+\.\d not ok b\.test\.ts 20ms \(2 of 3, about \d+ s left\)\n/);
  t.match(said, /\n# \{ total: 3, pass: 1, fail: 1, skip: 1 \}\n$/);
});
