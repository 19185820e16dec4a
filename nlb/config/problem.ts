/** One thing wrong with a configuration, and where. */
export interface Problem {
  /** Keys from the root of the document to the culprit. */
  path: readonly (string | number)[];
  message: string;
  /** True where the key itself is at fault (it is unknown), not its value. */
  atKey?: boolean;
}

/** A problem with its place in the text, both counted from 1. */
export interface PlacedProblem extends Problem {
  line: number;
  column: number;
}

/** A configuration that must not be used, with every reason found. */
export class ConfigRefused extends Error {
  readonly problems: readonly PlacedProblem[];

  constructor(source: string, problems: readonly PlacedProblem[]) {
    super(problems.map((problem) => describe(source, problem)).join('\n'));
    this.problems = problems;
  }
}

function describe(source: string, { line, column, path, message }: PlacedProblem): string {
  const where = path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
  return `${source}:${line}:${column}: ${where === '' ? '' : `${where}: `}${message}`;
}
