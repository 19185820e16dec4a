import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const complaints = [...document.errors, ...document.warnings];
  const problems = complaints.map((e): Problem => ({ ...place(e.pos[0]), message: `YAML: ${e.message}` }));
  const readable = complaints.every((e) => e.code === 'DUPLICATE_KEY');
  return {
    value: readable ? document.toJS() : undefined,
    problems,
    locate: (path, of) => place(offsetOf(document, path, of)),
  };
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
