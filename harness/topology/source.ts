import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { Locate, Path, Problem } from './problem.ts';

/** A YAML text as plain values, with a way back from each value to its place. */
interface Source {
  /** Absent where the text is not YAML at all; `problems` says why. */
  value: unknown;
  problems: Problem[];
  locate: Locate;
}

interface Step {
  key?: Node;
  value?: Node;
}

/** Read YAML 1.2. Never throws: what is wrong with the text is in `problems`. */
export function readSource(text: string, file: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const complaints = [...document.errors, ...document.warnings];
  const problems = complaints.map((e): Problem => ({ ...place(e.pos[0]), message: `YAML: ${e.message}` }));
  const dangling = danglingAliases(document);
  problems.push(
    ...dangling.map((a) => ({ ...place(start(a)), message: `no anchor "&${a.source}" before this alias` })),
  );
  const readable = complaints.every((e) => e.code === 'DUPLICATE_KEY') && dangling.length === 0;
  return {
    value: readable ? plainValue(document, problems, file) : undefined,
    problems,
    locate: (path, of) => place(offsetOf(document, path, of)),
  };
}

function danglingAliases(document: Document): Alias[] {
  const dangling: Alias[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (!alias.resolve(document)) dangling.push(alias);
    },
  });
  return dangling;
}

/** The parser refuses, by throwing, to unfold aliases of aliases without end. */
function plainValue(document: Document, problems: Problem[], file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    problems.push({ file, line: 1, column: 1, message: `YAML: ${error.message}` });
    return undefined;
  }
}

/** Offset of the deepest thing on the path that exists; of its key, where the rest of the path is missing. */
function offsetOf(document: Document, path: Path, of?: 'key'): number {
  let here: Step = { ...(document.contents ? { value: document.contents as Node } : {}) };
  for (const part of path) {
    const next = child(document, here.value, part);
    if (!next) return start(here.key ?? here.value);
    here = next;
  }
  return start(of === 'key' ? (here.key ?? here.value) : (here.value ?? here.key));
}

function child(document: Document, parent: Node | undefined, part: string | number): Step | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq<Node>(node)) {
    const value = node.items[Number(part)];
    return value && { value };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
  return pair && { key: pair.key, ...(pair.value ? { value: pair.value } : {}) };
}

function start(node: Node | undefined): number {
  return node?.range?.[0] ?? 0;
}
