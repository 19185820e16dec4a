import type { z } from 'zod';
import type { Path, Report } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** Reads one part of a document by its shape; reports what does not fit, and is then undefined. */
export type EntryReader = <T>(shape: z.ZodType<T>, value: unknown, path: Path) => T | undefined;

/** A reader whose problems go to `report`. Unknown keys are reported and then left aside, so that the rest is still read. */
export function entryReader(report: Report): EntryReader {
  return (shape, value, path) => {
    const result = shape.safeParse(value);
    if (result.success) return result.data;
    const { issues } = result.error;
    for (const issue of issues) tell(issue, path, report);
    if (!issues.every((issue) => issue.code === 'unrecognized_keys')) return undefined;
    return shape.safeParse(withoutKeys(value, issues)).data;
  };
}

function tell(issue: Issue, path: Path, report: Report): void {
  const at = [...path, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) report.key([...at, key], `unknown key "${key}"`);
    return;
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const what = issue.path.at(-1) ?? path.at(-1);
  if (missing) report.value(at, `${String(what)} is missing`);
  else report.value(at, what === undefined ? 'not a topology' : `${String(what)} ${expectation(issue)}`);
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${words[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return `must be one of ${'options' in issue && Array.isArray(issue.options) ? issue.options.join(', ') : '…'}`;
    default:
      return issue.message;
  }
}

const words: Partial<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

function withoutKeys(value: unknown, issues: readonly Issue[]): unknown {
  const copy = structuredClone(value);
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    let at = copy as Record<PropertyKey, unknown>;
    for (const part of issue.path) at = at[part] as Record<PropertyKey, unknown>;
    for (const key of issue.keys) delete at[key];
  }
  return copy;
}
