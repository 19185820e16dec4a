import { readFileSync } from 'node:fs';
import path from 'node:path';

/** `node harness/mutants/table.ts [FILE]` prints what a run of StrykerJS found, as Markdown: file, mutants, how many were killed. */
interface Report {
  files: Record<string, { mutants: { status: string }[] }>;
}

/** A mutant with which a test never ends is noticed; one that no test runs is not. One that cannot run at all is none. */
const [KILLED, SURVIVED] = [
  ['Killed', 'Timeout'],
  ['Survived', 'NoCoverage'],
];

export function mutantsTable({ files }: Report): string {
  const rows = Object.entries(files).map(([file, { mutants }]) => {
    const count = (statuses: readonly string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
    return { file: file.replace('harness/check/', ''), killed: count(KILLED), survived: count(SURVIVED) };
  });
  const sum = rows.reduce((one, other) => ({
    file: 'all',
    killed: one.killed + other.killed,
    survived: one.survived + other.survived,
  }));
  const lines = [...rows, sum].map(({ file, killed, survived }) => {
    const mutants = killed + survived;
    return `| ${file} | ${mutants.toLocaleString('en')} | ${((100 * killed) / mutants).toFixed(1)} % |`;
  });
  return ['| file | mutants | killed |', '|---|---:|---:|', ...lines].join('\n');
}

const DEFAULT = path.resolve(import.meta.dirname, '../../runs/stryker/mutation.json');

if (import.meta.main) console.log(mutantsTable(JSON.parse(readFileSync(process.argv[2] ?? DEFAULT, 'utf8'))));
