import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { CONSTANTS, STRUCTS } from './layout.ts';

const missing = ['clang', 'bpftool'].filter((program) => spawnSync(program, ['--version']).error);
const skip = missing.length > 0 ? `needs ${missing.join(' and ')}, to compile the data path` : false;

t.test('the object and the layout in git are what their source compiles to', { skip }, async (t) => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'build.ts'), '--check'], {
    encoding: 'utf8',
  });
  t.equal(stderr, '');
  t.equal(status, 0);
});

/** Of `STRUCTS`, as JSON. */
const DIGEST = '1bcff4674d848854';

t.test(
  'another layout of the tables has another version, or a daemon would adopt tables that are not its own',
  async (t) => {
    const digest = createHash('sha256').update(JSON.stringify(STRUCTS)).digest('hex').slice(0, 16);
    t.equal(
      `version ${CONSTANTS.LAYOUT_VERSION}: ${digest}`,
      `version 12: ${DIGEST}`,
      'raise LAYOUT_VERSION in layout.bpf.h, and write both here',
    );
  },
);
