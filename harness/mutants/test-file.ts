import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Test as TapTest, TestOpts } from 'tap';

/**
 * Runs a test file in this process, as often as one likes. The file itself is loaded anew each time, by an address that ends with a
 * number; the checkers that it tests only after `forgetCheckers`; and everything else once.
 */

/**
 * Tap's own root, which nobody uses here, would fail after 30 s without a test; and it sends its parent messages, which StrykerJS
 * would take for some of its own.
 */
const { send } = process;
delete process.send;
const tap = await import('tap');
tap.t.setTimeout(0);
if (send) process.send = send;

const CHECKERS = '/harness/check/';
const TAP = 'tap-of-run:';

let loading = 0;
let runs = 0;
/** The `t` of the file that is running. */
let current: TapTest | undefined;
Object.assign(globalThis, { currentTap: () => current });

registerHooks({
  resolve(specifier, context, next) {
    const [query] = /\?.*$/.exec(context.parentURL ?? '') ?? [];
    if (query === undefined) return next(specifier, context);
    if (specifier === 'tap') return { url: `${TAP}${query}`, format: 'module', shortCircuit: true };
    const resolved = next(specifier, context);
    return resolved.url.includes(CHECKERS) ? { ...resolved, url: `${resolved.url}?loading=${loading}` } : resolved;
  },
  load(url, context, next) {
    if (!url.startsWith(TAP)) return next(url, context);
    return { format: 'module', source: 'export default globalThis.currentTap();', shortCircuit: true };
  },
});

/** Whoever needs a checker next loads it anew. */
export function forgetCheckers(): void {
  loading += 1;
}

export async function loadChecker(file: string): Promise<void> {
  await import(`${pathToFileURL(file).href}?loading=${loading}`);
}

/** @returns the first thing that failed; undefined when nothing did */
export async function runTestFile(file: string): Promise<string | undefined> {
  const test = new tap.Test({ name: path.basename(file), bail: true } as TestOpts);
  current = test;
  const over = verdictOf(test);
  runs += 1;
  try {
    await import(`${pathToFileURL(file).href}?run=${runs}`);
  } catch (error) {
    return `it cannot be loaded: ${error instanceof Error ? error.message : error}`;
  }
  test.end();
  return over;
}

function verdictOf(test: TapTest): Promise<string | undefined> {
  return new Promise((resolve) => {
    test.on('bailout', resolve);
    test.on('complete', ({ ok }) => resolve(ok ? undefined : 'it failed'));
    test.resume();
  });
}
