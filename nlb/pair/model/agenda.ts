/** Simulated time: what is planned happens in the order of its instants, and equal instants in the order of planning. */
export interface Agenda {
  nowMs(): number;
  at(instantMs: number, what: () => void): void;
  /** Let everything happen that is due up to then. */
  runUntil(untilMs: number): void;
}

interface Plan {
  instantMs: number;
  number: number;
  what: () => void;
}

export function openAgenda(): Agenda {
  const heap: Plan[] = [];
  let nowMs = 0;
  let plans = 0;
  return {
    nowMs: () => nowMs,
    at: (instantMs, what) => push(heap, { instantMs: Math.max(instantMs, nowMs), number: plans++, what }),
    runUntil: (untilMs) => {
      for (let next = heap[0]; next && next.instantMs <= untilMs; next = heap[0]) {
        pop(heap);
        nowMs = next.instantMs;
        next.what();
      }
      nowMs = untilMs;
    },
  };
}

const isBefore = (a: Plan, b: Plan) =>
  a.instantMs < b.instantMs || (a.instantMs === b.instantMs && a.number < b.number);

/** A binary heap: the parent of `i` is at (i − 1) / 2, and is before it. */
function push(heap: Plan[], plan: Plan): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Plan;
    if (isBefore(above, plan)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = plan;
}

function pop(heap: Plan[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const right = heap[child + 1];
    if (right && isBefore(right, heap[child] as Plan)) child++;
    const below = heap[child];
    if (!below || isBefore(last, below)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}
