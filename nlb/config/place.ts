import { type Document, isMap, isNode, isScalar, type LineCounter, type Node, type Pair } from 'yaml';
import type { PlacedProblem, Problem } from './problem.ts';

/** Finds where in the text a problem lies; what is missing is placed at what should hold it. */
export function placed(problem: Problem, document: Document, lines: LineCounter): PlacedProblem {
  const node = problem.atKey ? keyAt(document, problem.path) : valueAt(document, problem.path);
  const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
  return { ...problem, line, column: col };
}

function valueAt(document: Document, path: readonly (string | number)[]): Node | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const found = document.getIn(path.slice(0, depth), true);
    if (isNode(found)) return found;
  }
  return isNode(document.contents) ? document.contents : undefined;
}

function keyAt(document: Document, path: readonly (string | number)[]): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return valueAt(document, path);
  const pair = parent.items.find((item: Pair) => isScalar(item.key) && item.key.value === path.at(-1));
  return isNode(pair?.key) ? pair.key : valueAt(document, path);
}
