import { type Effective, effectiveAt } from './reloadable.ts';
import type { Config } from './schema.ts';

/** One thing in which two configurations differ, in the words of the configuration file. */
export interface ConfigChange {
  /** `servers[server1].weight`: members of a list go by their names. */
  path: string;
  /** Absent where it is new. */
  from?: string;
  /** Absent where it goes. */
  to?: string;
  effective: Effective;
}

/**
 * What is different in `after`, in the order of its sections. Lists are sets: the order of servers, services and addresses
 * means nothing. A server or service with another name is another one.
 */
export function diffConfig(before: Config, after: Config): ConfigChange[] {
  return diffMaps([], before, after);
}

/** `~ servers[server1].weight: 1 → 5`, `+` for what is new, `-` for what goes. */
export function changeText({ path, from, to }: ConfigChange): string {
  if (from === undefined) return `+ ${path}: ${to}`;
  return to === undefined ? `- ${path}: ${from}` : `~ ${path}: ${from} → ${to}`;
}

type Path = readonly string[];
type Fields = Readonly<Record<string, unknown>>;

function diffMaps(path: Path, before: Fields, after: Fields): ConfigChange[] {
  const keys = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...keys].flatMap((key) => diffValues([...path, key], before[key], after[key]));
}

function diffValues(path: Path, before: unknown, after: unknown): ConfigChange[] {
  if (Array.isArray(before) && Array.isArray(after)) return diffMaps(path, byName(before), byName(after));
  if (isMap(before) && isMap(after)) return diffMaps(path, before, after);
  const [from, to] = [wordsFor(before), wordsFor(after)];
  if (from === to) return [];
  const change = { path: pathText(path), effective: effectiveAt(path) };
  return [{ ...change, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

/** Members of a list by their names, which have brackets so that a path shows what is a member; plain values name themselves. */
function byName(list: readonly unknown[]): Fields {
  return Object.fromEntries(list.map((item) => [`[${isMap(item) ? item.name : item}]`, item]));
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathText([first = '', ...rest]: Path): string {
  return rest.reduce((text, key) => (key.startsWith('[') ? `${text}${key}` : `${text}.${key}`), first);
}

/** In the manner of the file; a setting that is not there has no words. */
function wordsFor(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return `[${value.map(wordsFor).join(', ')}]`;
  if (!isMap(value)) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{ ${fields.map(([key, field]) => `${key}: ${wordsFor(field)}`).join(', ')} }`;
}
