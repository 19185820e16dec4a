import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';

/** A search with one seed tries the same histories every time, and is over at the first one that does what is looked for. */
export interface Search<Histories> {
  seed: number;
  mostHistories: number;
  /** Tried before those that are drawn. */
  examples?: Histories[];
  /** JSON, defect → number of the history that finds it, from zero. */
  file: URL;
}

const NONE = -1;

interface Test {
  ok(value: unknown, text: string): unknown;
}

/**
 * Tests that histories which are drawn at random find each defect: its property fails. To draw them takes minutes, so the file says which
 * history does, and that one alone is tried. Where histories are drawn otherwise than before, others do: ONEVIP_SEARCH=1 searches, for
 * each defect that its history finds no more, from the first one on, and writes the file.
 */
export function findEach<Histories, Wrong>(
  t: Test,
  { seed, mostHistories, examples = [], file }: Search<Histories>,
  defects: Readonly<Record<string, Wrong>>,
  propertyOf: (wrong: Wrong) => fc.IProperty<Histories>,
): void {
  const how = `run this test with ONEVIP_SEARCH=1, which writes ${file.pathname}`;
  const numberIn = (wrong: Wrong, from: { numRuns: number; path?: string }): number | undefined => {
    const { failed, counterexamplePath } = fc.check(propertyOf(wrong), { seed, examples, endOnFailure: true, ...from });
    return failed ? Number(counterexamplePath) : undefined;
  };
  const isFoundBy = (path: number | undefined, wrong: Wrong): boolean =>
    path !== undefined && numberIn(wrong, { numRuns: 1, path: String(path) }) !== undefined;
  const known: Record<string, number> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  if (process.env.ONEVIP_SEARCH !== undefined) {
    for (const [defect, wrong] of Object.entries(defects))
      if (!isFoundBy(known[defect], wrong)) known[defect] = numberIn(wrong, { numRuns: mostHistories }) ?? NONE;
    for (const defect of Object.keys(known))
      if (!Object.hasOwn(defects, defect) || known[defect] === NONE) delete known[defect];
    writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`);
  }
  for (const [defect, wrong] of Object.entries(defects)) {
    const path = known[defect];
    const isFound = isFoundBy(path, wrong);
    t.ok(isFound, isFound ? `${defect}: found by history ${path}` : `${defect}: not found; ${how}`);
  }
  for (const defect of Object.keys(known)) t.ok(Object.hasOwn(defects, defect), `there is ${defect}; if not, ${how}`);
}
