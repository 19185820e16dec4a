import { globSync } from 'node:fs';
import path from 'node:path';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { forgetCheckers, loadChecker, runTestFile } from './test-file.ts';

/** What mutated code and this runner share: which mutant is active, and what has run. */
interface Instruments {
  activeMutant?: string | undefined;
  /** The test that makes code run now; undefined while it is loaded. */
  currentTestId?: string | undefined;
  mutantCoverage: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
}

/** Mutated modules look for it when they are loaded, and hold on to it. */
const instruments: Instruments = { mutantCoverage: { static: {}, perTest: {} } };
Object.assign(globalThis, { __stryker__: instruments });

/** Checkers and tests, but for the test that holds a page against the sources: here these are not what was written. */
const [CHECKERS, TESTS] = [(file: string) => !file.endsWith('.test.ts'), (file: string) => file.endsWith('.test.ts')];
const filesThat = (fit: (file: string) => boolean): string[] =>
  globSync('harness/check/{,*/}*.ts', { exclude: ['**/index-page.test.ts'] })
    .filter(fit)
    .toSorted();

/**
 * A test runner for StrykerJS: the tests of a mutant, a file each, run in this process with tap. That takes a few milliseconds a
 * file; a process for each takes 400. A mutant in what runs at loading has the checkers loaded anew.
 */
class InProcessRunner implements TestRunner {
  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun(): Promise<DryRunResult> {
    for (const file of filesThat(CHECKERS)) await loadChecker(path.resolve(file));
    const tests: TestResult[] = [];
    for (const file of filesThat(TESTS)) {
      instruments.currentTestId = file;
      tests.push(await resultOf(file));
    }
    instruments.currentTestId = undefined;
    return { status: DryRunStatus.Complete, tests, mutantCoverage: instruments.mutantCoverage };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, hitLimit, mutantActivation, sandboxFileName, testFilter = filesThat(TESTS) } = options;
    const mostHits = hitLimit === undefined ? undefined : endlessFrom(hitLimit);
    Object.assign(instruments, { activeMutant: activeMutant.id, hitLimit: mostHits, hitCount: hitLimit && 0 });
    if (mutantActivation === 'static') forgetCheckers();
    const result = await firstFailure(ownFirst(testFilter, sandboxFileName));
    if (mutantActivation === 'static') forgetCheckers();
    return toMutantRunResult(result);
  }
}

async function firstFailure(files: readonly string[]): Promise<DryRunResult> {
  const tests: TestResult[] = [];
  for (const file of files) {
    const result = await resultOf(file);
    const endless = determineHitLimitReached(instruments.hitCount, instruments.hitLimit);
    if (endless) return endless;
    tests.push(result);
    if (result.status === TestStatus.Failed) break;
  }
  return { status: DryRunStatus.Complete, tests };
}

/**
 * StrykerJS takes a mutant for endless that runs a hundred times as often as it did before; in the sums of a distribution that takes
 * half a minute, and five times as often is as clear.
 */
const endlessFrom = (hitLimit: number): number => Math.min(hitLimit, Math.max(100_000, hitLimit / 20));

/** The test beside the mutated file kills it most often. */
function ownFirst(tests: readonly string[], mutated: string): string[] {
  const isOwn = (test: string) => path.basename(test, '.test.ts') === path.basename(mutated, '.ts');
  return tests.toSorted((one, other) => Number(isOwn(other)) - Number(isOwn(one)));
}

async function resultOf(file: string): Promise<TestResult> {
  const began = performance.now();
  const failure = await runTestFile(path.resolve(file));
  const result = { id: file, name: file, fileName: path.resolve(file), timeSpentMs: performance.now() - began };
  return failure === undefined
    ? { ...result, status: TestStatus.Success }
    : { ...result, status: TestStatus.Failed, failureMessage: failure };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
