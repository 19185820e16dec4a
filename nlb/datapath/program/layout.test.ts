import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

const missing = ['clang', 'bpftool'].filter((program) => spawnSync(program, ['--version']).error);
const skip = missing.length > 0 ? `needs ${missing.join(' and ')}, to compile the data path` : false;

t.test('the object and the layout in git are what their source compiles to', { skip }, async (t) => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'build.ts'), '--check'], {
    encoding: 'utf8',
  });
  t.equal(stderr, '');
  t.equal(status, 0);
});
