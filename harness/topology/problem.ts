/** Something wrong in a topology's text. Lines and columns count from 1, as editors do. */
export interface Problem {
  /** The file's name as the reader was given it. */
  file: string;
  line: number;
  column: number;
  message: string;
  /** What to write instead, where that can be said. */
  hint?: string;
}

/** Where a value stands in the document: keys and indexes from the top, `['nodes', 'fw1', 'routes', 0, 'via']`. */
export type Path = readonly (string | number)[];

/** Finds the line and column of a path: of the value, or (`of: 'key'`) of the key that names it. */
export type Locate = (path: Path, of?: 'key') => Place;

export type Place = Pick<Problem, 'file' | 'line' | 'column'>;

/** Collects the problems of one text. */
export interface Report {
  /** The value at `path` is wrong. */
  value(path: Path, message: string, hint?: string): void;
  /** The key at the end of `path` is wrong, or what is under it lacks something. */
  key(path: Path, message: string, hint?: string): void;
}

/** A report that adds to `problems`. What was said once about a place is not said again. */
export function reportTo(problems: Problem[], locate: Locate): Report {
  const add = (at: Place, message: string, hint?: string) => {
    if (problems.some((p) => p.line === at.line && p.column === at.column && p.message === message)) return;
    problems.push({ ...at, message, ...(hint === undefined ? {} : { hint }) });
  };
  return {
    value: (path, message, hint) => add(locate(path), message, hint),
    key: (path, message, hint) => add(locate(path, 'key'), message, hint),
  };
}

/** In the order of the text. */
export function inTextOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** One line for each problem, `file:line:column: message (hint)`, in the form that editors and CI systems turn into links. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map((p) => `${p.file}:${p.line}:${p.column}: ${p.message}${p.hint ? ` (${p.hint})` : ''}`).join('\n');
}
