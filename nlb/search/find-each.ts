import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
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
  comment(text: string): void;
}

/**
 * Tests that histories which are drawn at random find each defect: its property fails. To draw them takes minutes, so the file says which
 * history does, and that one alone is tried. Where histories are drawn otherwise than before, others do: ONEVIP_SEARCH=1 searches from the
 * first one on, and writes the file.
 */
export function findEach<Histories>(
  t: Test,
  { seed, mostHistories, examples = [], file }: Search<Histories>,
  properties: Readonly<Record<string, fc.IProperty<Histories>>>,
): void {
  const isAnew = process.env.ONEVIP_SEARCH !== undefined;
  const known: Record<string, number> = JSON.parse(readFileSync(file, 'utf8'));
  const found: Record<string, number> = {};
  const how = `run this test with ONEVIP_SEARCH=1, which writes ${file.pathname}`;
  const defects = Object.keys(properties);
  for (const [defect, property] of Object.entries(properties)) {
    const number = isAnew ? undefined : known[defect];
    const from = number === undefined ? { numRuns: isAnew ? mostHistories : 0 } : { numRuns: 1, path: String(number) };
    const { failed, counterexamplePath } = fc.check(property, { seed, examples, endOnFailure: true, ...from });
    if (failed) found[defect] = Number(counterexamplePath);
    t.ok(failed, failed ? `${defect}: found by history ${counterexamplePath}` : `${defect}: not found; ${how}`);
  }
  if (isAnew) writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  else t.ok(isDeepStrictEqual(Object.keys(known).toSorted(), defects.toSorted()), `all are in the file: else ${how}`);
}
