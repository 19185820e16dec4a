import { readFileSync } from 'node:fs';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { crossProblems } from './cross.ts';
import { placed } from './place.ts';
import { ConfigRefused, type PlacedProblem, type Problem } from './problem.ts';
import { type Config, sections } from './schema.ts';

/**
 * Reads a configuration file.
 * @throws ConfigRefused with every problem and its place; the error of the file system when it cannot be read.
 */
export function loadConfig(file: string): Config {
  return parseConfig(readFileSync(file, 'utf8'), file);
}

/**
 * Text → configuration with all defaults filled in.
 * @param source what to call the text in messages
 * @throws ConfigRefused
 */
export function parseConfig(text: string, source: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors.map((error): PlacedProblem => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { path: [], message: error.message, line, column: col };
  });
  if (broken.length > 0) throw new ConfigRefused(source, broken);
  const { config, problems } = examine(document);
  if (problems.length === 0) return config as Config;
  const found = problems.map((problem) => placed(problem, document, lines));
  throw new ConfigRefused(
    source,
    found.sort((a, b) => a.line - b.line || a.column - b.column),
  );
}

function examine(document: Document): { config: Partial<Config>; problems: Problem[] } {
  const root: unknown = document.toJS();
  if (!isMap(document.contents) || !isRecord(root))
    return { config: {}, problems: [{ path: [], message: 'must be a map of settings' }] };
  const problems: Problem[] = Object.keys(root)
    .filter((key) => !Object.hasOwn(sections, key))
    .map((key) => ({
      path: [key],
      message: `unknown setting; known are ${Object.keys(sections).join(', ')}`,
      atKey: true,
    }));
  const config: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(sections)) {
    const outcome = schema.safeParse(root[key]);
    if (outcome.success) config[key] = outcome.data;
    else problems.push(...outcome.error.issues.flatMap((issue) => toProblems(key, issue, root[key] === undefined)));
  }
  return { config, problems: [...problems, ...crossProblems(config)] };
}

function toProblems(section: string, issue: z.core.$ZodIssue, absent: boolean): Problem[] {
  const path = [section, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (absent) return [{ path, message: 'is missing' }];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown setting', atKey: true }));
  return [{ path, message: issue.message }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
