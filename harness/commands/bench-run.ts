import { loadavg } from 'node:os';
import { duration } from '../../reports/outcome.ts';
import type { Outcome } from '../bench/failover/row.ts';
import type { CompareOutcome } from '../bench/failover/turns-row.ts';
import type { Judgement } from '../bench/judgement.ts';
import { machine } from '../doctor/probe.ts';
import type { DriverName } from '../driver/registry.ts';
import { endSoonOnInterrupt } from '../lab/interrupt.ts';
import type { LiveLine } from './live-line.ts';
import { EXIT } from './problem.ts';

/** What the benchmarks' commands have in common. */

export interface BenchOptions {
  trials?: number;
  /** How many servers, as many as the topology says when absent: of `lab`. */
  servers?: number;
  /** The system under test, ours when absent: of `failover` and `sync`. */
  system?: string;
  /** What nodes are made of, namespaces when absent: of `lab`, `failover` and `sync`. */
  driver?: DriverName;
  /** One fault alone: of `failover`. */
  fault?: string;
  /** One part alone: of `sync`. */
  part?: string;
  /** A commit whose version is measured by turns with this one: of `failover`. */
  against?: string;
  /** Least number of single runs for each median: of `datapath`. */
  runs?: number;
  /** Where all results go as JSON: of `failover`, `datapath` and `sync`. */
  json?: string;
}

/** What a figure's reader must know of the machine. */
export function conditions(what: string): string {
  const { kernel, cores, node } = machine();
  return `${what}; kernel ${kernel}, ${cores} cores, Node ${node}`;
}

export const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');

/** Shows how far something is, and how long the rest takes if it takes as long. */
export function progressOn(live: LiveLine, unit: string): (label: string, done: number, wanted: number) => void {
  let current = { label: '', sinceMs: 0, first: 0 };
  return (label, done, wanted) => {
    if (label !== current.label) current = { label, sinceMs: performance.now(), first: done };
    const eachMs = (performance.now() - current.sinceMs) / Math.max(1, done - current.first);
    const left = done > current.first ? `, about ${duration(eachMs * (wanted - done))} left` : '';
    live.show(`${label}: ${done} of ${wanted} ${unit}${left}`);
  };
}

/** Aborted by what would end this process, which ends soon then, with what has been measured; or at once, when that comes again. */
export function endsEarly(): AbortSignal {
  const signal = endSoonOnInterrupt();
  signal.addEventListener('abort', () =>
    console.error('interrupted: ends after this trial, with what was measured; interrupt it again to end at once'),
  );
  return signal;
}

export function exitCodeOf(outcomes: readonly (Outcome | CompareOutcome | Judgement['verdict'])[]): number {
  if (outcomes.includes('violated')) return EXIT.failed;
  return outcomes.includes('not measured') || outcomes.includes('inconclusive') ? EXIT.provedNothing : EXIT.passed;
}
