import { secondsOf } from '../runner/select.ts';
import type { Suite } from '../runner/suite.ts';
import type { PlantedBug } from './bug.ts';
import { jobsThatProve } from './suites.ts';

/** To make the copy, to start in it, and to look at the machine; the eBPF program takes two seconds more. */
const START_SECONDS = 4;

/** How long a bug takes that the first suite catches, by what the suites say of themselves. */
export function expectedFor(bug: PlantedBug, suites: Suite[]): number {
  const [first] = jobsThatProve(suites, bug.breaks, bug.in);
  return START_SECONDS + (first ? secondsOf(first) : 0);
}

/** Foretells the rest by what was expected and by how that has proved true so far. */
export class TimeLeft {
  private readonly expected: Map<string, number>;
  private readonly atOnce: number;
  private done = { expected: 0, taken: 0 };

  constructor(bugs: readonly PlantedBug[], suites: Suite[], atOnce: number) {
    this.expected = new Map(bugs.map((bug) => [bug.name, expectedFor(bug, suites)]));
    this.atOnce = atOnce;
  }

  ended({ name }: PlantedBug, seconds: number): void {
    this.done = { expected: this.done.expected + (this.expected.get(name) ?? 0), taken: this.done.taken + seconds };
    this.expected.delete(name);
  }

  seconds(): number {
    const { expected, taken } = this.done;
    const slowness = expected > 0 ? taken / expected : 1;
    const left = [...this.expected.values()].reduce((sum, each) => sum + each, 0);
    return (left * slowness) / this.atOnce;
  }
}
