import { readFileSync, writeFileSync } from 'node:fs';
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

interface Test {
  ok(value: unknown, text: string): unknown;
}

/**
 * Tests that histories which are drawn at random find each defect: its property fails. To draw them takes minutes, so the file says which
 * history does, and that one alone is tried. Where histories are drawn otherwise than before, others do: ONEVIP_SEARCH=1 searches from the
 * first one on, and writes the file.
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
  if (process.env.ONEVIP_SEARCH !== undefined) {
    const found = Object.entries(defects).map(([defect, wrong]) => [
      defect,
      numberIn(wrong, { numRuns: mostHistories }),
    ]);
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(found), null, 2)}\n`);
  }
  const known: Record<string, number> = JSON.parse(readFileSync(file, 'utf8'));
  for (const [defect, wrong] of Object.entries(defects)) {
    const path = known[defect];
    const isFound = path !== undefined && numberIn(wrong, { numRuns: 1, path: String(path) }) !== undefined;
    t.ok(isFound, isFound ? `${defect}: found by history ${path}` : `${defect}: not found; ${how}`);
  }
  for (const defect of Object.keys(known)) t.ok(Object.hasOwn(defects, defect), `there is ${defect}; if not, ${how}`);
}
