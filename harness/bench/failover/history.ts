import type { HistoryEvent } from '../../history/event.ts';
import { openHistory, type Recorder } from '../../history/recorder.ts';

/** A recorder for one trial after another: all on one clock, and only the present one is met. */
export interface TrialHistory extends Recorder {
  /** What was recorded since the last call; it is forgotten here. */
  cut(): HistoryEvent[];
}

export function openTrialHistory(): TrialHistory {
  const startedNs = process.hrtime.bigint();
  let current = openHistory({ startedNs });
  return {
    record: (event) => current.record(event),
    nowNs: () => current.nowNs(),
    fromMonotonic: (monotonicNs) => current.fromMonotonic(monotonicNs),
    events: () => current.events(),
    glimpse: (sinceNs) => current.glimpse(sinceNs),
    close: () => current.close(),
    cut: () => {
      const events = current.events();
      current = openHistory({ startedNs });
      return events;
    },
  };
}
