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

/** Tables that came later, beside the others, are made anew where pinned ones have none: these have no part in the version yet. */
const { flow, exception, exceptionFilter, heldFrame, ...versioned } = STRUCTS;
/** Of structs as JSON: those of the version, and the later ones. */
const DIGESTS = '1bcff4674d848854, 7b48dded8b3bf043';

const digestOf = (structs: object): string =>
  createHash('sha256').update(JSON.stringify(structs)).digest('hex').slice(0, 16);

t.test(
  'another layout of the tables has another version, or a daemon would adopt tables that are not its own',
  async (t) => {
    const later = { flow, exception, exceptionFilter, heldFrame };
    t.equal(
      `version ${CONSTANTS.LAYOUT_VERSION}: ${digestOf(versioned)}, ${digestOf(later)}`,
      `version 12: ${DIGESTS}`,
      'raise LAYOUT_VERSION in layout.bpf.h, and write both here',
    );
  },
);
