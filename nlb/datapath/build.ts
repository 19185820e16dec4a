import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layoutSource } from './layout-source.ts';

/**
 * `node nlb/datapath/build.ts` compiles datapath.bpf.c with Debian's clang (packages clang, libbpf-dev, bpftool) into
 * datapath.bpf.o, and once more with a clock that tests set (clock.bpf.h) into datapath-test.bpf.o, and writes layout.ts
 * from the first. `--check` writes nothing and fails, with exit code 1, where the files in
 * git are not what comes out. The result depends on no path: the compiler runs in this folder on relative names, and
 * bpftool's linker drops the debug sections, which hold the only absolute ones.
 */
const FOLDER = import.meta.dirname;
const FLAGS = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-Wextra', '-Werror', '-Wno-sign-compare'];

/** What each file in git has to hold. */
type Built = Record<string, Buffer>;

function build(): Built {
  const scratch = mkdtempSync(join(tmpdir(), 'onevip-build-'));
  try {
    const object = compile(join(scratch, 'datapath'), []);
    const btf = run('bpftool', ['btf', 'dump', 'file', object, '-j']);
    return {
      'datapath.bpf.o': readFileSync(object),
      'datapath-test.bpf.o': readFileSync(compile(join(scratch, 'test'), ['-DTEST_CLOCK'])),
      'layout.ts': Buffer.from(layoutSource(btf)),
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The name of the object. */
function compile(path: string, definitions: string[]): string {
  const [compiled, linked] = [`${path}-compiled.o`, `${path}.o`];
  const words = [...FLAGS, ...definitions, ...multiarchHeaders(), `-ffile-prefix-map=${FOLDER}=.`];
  run('clang', [...words, '-c', 'datapath.bpf.c', '-o', compiled]);
  run('bpftool', ['gen', 'object', linked, compiled]);
  return linked;
}

/** Debian keeps asm/types.h in a folder named after the host, which clang does not search for the target bpf. */
function multiarchHeaders(): string[] {
  const triplet = run('clang', ['-print-multiarch']).trim();
  return ['-idirafter', `/usr/include/${triplet}`];
}

function run(program: string, words: string[]): string {
  return execFileSync(program, words, { cwd: FOLDER, encoding: 'utf8' });
}

const built = build();
if (process.argv.includes('--check')) {
  const differing = Object.entries(built).filter(
    ([file, content]) => !content.equals(readFileSync(join(FOLDER, file))),
  );
  for (const [file] of differing)
    console.error(`${file} is not what its source compiles to: run node nlb/datapath/build.ts`);
  process.exitCode = differing.length > 0 ? 1 : 0;
} else {
  for (const [file, content] of Object.entries(built)) writeFileSync(join(FOLDER, file), content);
}
