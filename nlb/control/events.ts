/** What has happened, for the operator: each event as a line of the log, and the last of them in memory. */
export interface EventLog {
  add(event: string, detail: Record<string, unknown>): void;
  recent(): readonly Record<string, unknown>[];
}

const KEPT = 1000;

export function openEvents(write: (line: Record<string, unknown>, event: string) => void): EventLog {
  const kept: Record<string, unknown>[] = [];
  return {
    add: (event, detail) => {
      kept.push({ time: new Date().toISOString(), event, ...detail });
      if (kept.length > KEPT) kept.shift();
      write(detail, event);
    },
    recent: () => kept,
  };
}
