import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layoutSource } from './layout-source.ts';

/**
 * `node nlb/datapath/build.ts` compiles datapath.bpf.c with Debian's clang (packages clang, libbpf-dev, bpftool) into
 * datapath.bpf.o and writes layout.ts from it. `--check` writes nothing and fails, with exit code 1, where the files in
 * git are not what comes out. The result depends on no path: the compiler runs in this folder on relative names, and
 * bpftool's linker drops the debug sections, which hold the only absolute ones.
 */
const FOLDER = import.meta.dirname;
const FLAGS = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-Wextra', '-Werror', '-Wno-sign-compare'];

interface Built {
  object: Buffer;
  layout: string;
}

function build(): Built {
  const scratch = mkdtempSync(join(tmpdir(), 'onevip-build-'));
  try {
    const [compiled, linked] = [join(scratch, 'compiled.o'), join(scratch, 'linked.o')];
    run('clang', [
      ...FLAGS,
      ...multiarchHeaders(),
      `-ffile-prefix-map=${FOLDER}=.`,
      '-c',
      'datapath.bpf.c',
      '-o',
      compiled,
    ]);
    run('bpftool', ['gen', 'object', linked, compiled]);
    const btf = run('bpftool', ['btf', 'dump', 'file', linked, '-j']);
    return { object: readFileSync(linked), layout: layoutSource(btf) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Debian keeps asm/types.h in a folder named after the host, which clang does not search for the target bpf. */
function multiarchHeaders(): string[] {
  const triplet = run('clang', ['-print-multiarch']).trim();
  return ['-idirafter', `/usr/include/${triplet}`];
}

function run(program: string, words: string[]): string {
  return execFileSync(program, words, { cwd: FOLDER, encoding: 'utf8' });
}

function check({ object, layout }: Built): string[] {
  const committed = {
    object: readFileSync(join(FOLDER, 'datapath.bpf.o')),
    layout: readFileSync(join(FOLDER, 'layout.ts'), 'utf8'),
  };
  const differing = [];
  if (!object.equals(committed.object)) differing.push('datapath.bpf.o');
  if (layout !== committed.layout) differing.push('layout.ts');
  return differing;
}

const built = build();
if (process.argv.includes('--check')) {
  const differing = check(built);
  for (const file of differing)
    console.error(`${file} is not what its source compiles to: run node nlb/datapath/build.ts`);
  process.exitCode = differing.length > 0 ? 1 : 0;
} else {
  writeFileSync(join(FOLDER, 'datapath.bpf.o'), built.object);
  writeFileSync(join(FOLDER, 'layout.ts'), built.layout);
}
