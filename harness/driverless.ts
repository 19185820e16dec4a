import path from 'node:path';
import { importsOf, type SourceFile } from './arrows.ts';

const DRIVER = 'harness/driver/';

/**
 * What of the drivers the rest may import: the two handles and who gives them out, the register of labs, and what is said of a plan or
 * of a device whatever a node is made of.
 */
const OPEN = [
  'driver.ts',
  'drivers.ts',
  'registry.ts',
  'lab-name.ts',
  'batch.ts',
  'device.ts',
  'tcx.ts',
  'firewall.ts',
  'dry-run.ts',
  'shared-memory.ts',
].map((file) => DRIVER + file);

/** Words of who knows what a node is made of: namespaces by name, control groups, processes of the machine by their number. */
const WORDS = /\bnetns\b|\bnsenter\b|cgroup|\/run\/netns|\bip', \['-n'|\/proc\/\$\{|\bprocess\.kill\(|\bov-/;

/** Places that rightly say such a word, with the reason. */
const RIGHTLY: Readonly<Record<string, string>> = {
  'harness/driverless.ts': 'the list of words',
  'harness/doctor/probe.ts': 'says what each driver needs of this machine',
  'harness/cli.ts': 'names the drivers for its user',
  'harness/bench/lab.ts': 'has a budget for each driver',
  'harness/lab/inspect.ts': 'prints the names by which a user enters a network himself',
  'harness/commands/inspect.ts': 'prints them, too',
  'harness/commands/image.ts': 'makes what one driver starts its nodes from',
  'harness/testcontainers/own-containers.ts': 'puts containers of another maker into labs of containers',
  'harness/testcontainers/host-container.ts': 'makes containers of what one driver starts its nodes from',
  'harness/planted/conformance.ts': 'interrupts its own children, which are no part of a lab',
};

/** What outside of `harness/driver/` assumes that a lab is made in one way, a line for each place. Tests may look behind the handles. */
export function assumesDriver(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ file }) => isBound(file))
    .flatMap(({ file, source }) => [...said(file, source), ...imported(file, source)]);
}

function said(file: string, source: string): string[] {
  return source.split('\n').flatMap((line, index) => {
    const [word] = WORDS.exec(line) ?? [];
    return word === undefined ? [] : [`${file}:${index + 1} says ${word}, which a driver alone knows`];
  });
}

const imported = (file: string, source: string): string[] =>
  importsOf(source)
    .map((written) => path.posix.join(path.posix.dirname(file), written))
    .filter((target) => target.startsWith(DRIVER) && !OPEN.includes(target) && RIGHTLY[file] === undefined)
    .map((target) => `${file} imports ${target}, which is a driver’s own`);

function isBound(file: string): boolean {
  const isHarness = file.startsWith('harness/') || file.startsWith('suites/') || file.startsWith('reports/');
  return isHarness && !file.startsWith(DRIVER) && !file.endsWith('.test.ts') && RIGHTLY[file] === undefined;
}
