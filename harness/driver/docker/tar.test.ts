import { execFileSync } from 'node:child_process';
import t from 'tap';
import { tar } from './tar.ts';

t.test('tar itself reads what was written', async (t) => {
  const archive = tar([{ name: 'usr' }, { name: 'var/tmp', mode: 0o1777 }, { name: 'bin', target: 'usr/bin' }]);
  const listed = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--utc', '--file', '-'], {
    input: archive,
  });
  const rows = String(listed)
    .trim()
    .split('\n')
    .map((row) => row.split(/\s+/));
  t.same(
    rows.map(([mode, owner, , , , ...name]) => [mode, owner, name.join(' ')]),
    [
      ['drwxr-xr-x', '0/0', 'usr/'],
      ['drwxrwxrwt', '0/0', 'var/tmp/'],
      ['lrwxrwxrwx', '0/0', 'bin -> usr/bin'],
    ],
  );
});
