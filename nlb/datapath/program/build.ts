import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layoutSource } from './layout-source.ts';

/**
 * `node nlb/datapath/program/build.ts` compiles datapath.bpf.c, once more with a clock that tests set (clock.bpf.h) as datapath-test,
 * rig.bpf.c that it is measured with, and unsent.bpf.c, by Debian's clang (packages clang, libbpf-dev, bpftool) into objects
 * of the same names, and writes layout.ts from the first. `--check` writes nothing and fails, with exit code 1, where the files in git are
 * not what comes out. The result depends on no path: the compiler runs in this folder on relative names, and bpftool's linker
 * drops the debug sections, which hold the only absolute ones.
 */
const FOLDER = import.meta.dirname;
const FLAGS = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-Wextra', '-Werror', '-Wno-sign-compare'];

/** What each file in git has to hold. */
type Built = Record<string, Buffer>;

function build(): Built {
  const scratch = mkdtempSync(join(tmpdir(), 'onevip-build-'));
  try {
    const object = compile('datapath.bpf.c', join(scratch, 'datapath'));
    const test = compile('datapath.bpf.c', join(scratch, 'test'), ['-DTEST_CLOCK']);
    const btf = run('bpftool', ['btf', 'dump', 'file', object, '-j']);
    return {
      'datapath.bpf.o': readFileSync(object),
      'datapath-test.bpf.o': readFileSync(test),
      'rig.bpf.o': readFileSync(compile('rig.bpf.c', join(scratch, 'rig'))),
      'unsent.bpf.o': readFileSync(compile('unsent.bpf.c', join(scratch, 'unsent'))),
      'layout.ts': Buffer.from(layoutSource(btf)),
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The name of the object. */
function compile(source: string, path: string, definitions: string[] = []): string {
  const [compiled, linked] = [`${path}-compiled.o`, `${path}.o`];
  const words = [...FLAGS, ...definitions, ...multiarchHeaders(), `-ffile-prefix-map=${FOLDER}=.`];
  run('clang', [...words, '-c', source, '-o', compiled]);
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

const isInGit = (file: string, content: Buffer): boolean =>
  existsSync(join(FOLDER, file)) && content.equals(readFileSync(join(FOLDER, file)));

const built = build();
if (process.argv.includes('--check')) {
  const differing = Object.entries(built).filter(([file, content]) => !isInGit(file, content));
  for (const [file] of differing)
    console.error(`${file} is not what its source compiles to: run node nlb/datapath/program/build.ts`);
  process.exitCode = differing.length > 0 ? 1 : 0;
} else {
  for (const [file, content] of Object.entries(built)) writeFileSync(join(FOLDER, file), content);
}
