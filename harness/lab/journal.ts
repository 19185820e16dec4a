import { boottimeMinusMonotonicNs } from '../capture/clock.ts';
import { SCRIPT_STAMP_STEP_NS } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Lab } from './lab.ts';
import { Tail } from './tail.ts';

/** Reads what the lab's own programs have written, servers' logs and state scripts' journals, into the history. */
export class Journals {
  private readonly recorder: Recorder;
  private readonly servers: { node: string; tail: Tail }[];
  private readonly balancers: { node: string; tail: Tail }[];
  private readonly aheadNs = steadyOffset(boottimeMinusMonotonicNs);

  constructor(lab: Lab, recorder: Recorder) {
    this.recorder = recorder;
    this.servers = lab.nodes('server').map((node) => ({ node: node.name, tail: new Tail(node.logFile('server')) }));
    const { stateScripts } = lab.system.can;
    this.balancers = (stateScripts ? lab.nodes('nlb') : []).map(({ name }) => ({
      node: name,
      tail: new Tail(stateScripts?.journal(lab.folder, name) ?? ''),
    }));
  }

  /** Records every line that was added since the last call. */
  collect(): void {
    for (const { node, tail } of this.servers) for (const line of tail.lines()) this.served(node, line);
    for (const { node, tail } of this.balancers) for (const line of tail.lines()) this.script(node, line);
  }

  private served(node: string, line: string): void {
    const said = readObject(line);
    if (!said || typeof said.monotonicNs !== 'string') return;
    this.recorder.record({
      kind: 'served',
      atNs: this.recorder.fromMonotonic(BigInt(said.monotonicNs)),
      node,
      protocol: said.protocol as 'http' | 'tcp' | 'udp',
      client: String(said.client),
      target: String(said.target),
    });
  }

  private script(node: string, line: string): void {
    const { monotonicNs, enteredNs, ...script } = parseJournalLine(line, this.aheadNs());
    const entered = enteredNs !== undefined && { enteredNs: this.recorder.fromMonotonic(enteredNs) };
    this.recorder.record({
      kind: 'script',
      atNs: this.recorder.fromMonotonic(monotonicNs),
      node,
      ...script,
      ...entered,
    });
  }
}

/** Longer than any two readings of one offset differ by, and shorter than a suspension. */
const SUSPENDED_NS = 1_000_000n;

/**
 * The offset of two clocks as it was read first, until a suspension has changed it. Each reading is some nanoseconds off, and two
 * scripts with one stamp, which has steps of 10 ms, must not change places by that.
 */
export function steadyOffset(read: () => bigint): () => bigint {
  let known = read();
  return () => {
    const now = read();
    if (now - known > SUSPENDED_NS || known - now > SUSPENDED_NS) known = now;
    return known;
  };
}

/**
 * A line of a state script's journal: state, previous state, seconds on CLOCK_BOOTTIME, the same of the entry (or nothing), reason. The
 * second has steps; where the entry, which is exact, lies in the same step, the script ran then at the earliest, and counts as of then.
 * @param aheadNs of CLOCK_MONOTONIC, the history's clock: a machine that was ever suspended has two times since its start
 */
export function parseJournalLine(line: string, aheadNs: bigint) {
  const [state = '', previous = '', uptime = '0', since = '', reason = ''] = line.split('\t');
  const monotonic = (seconds: string): bigint => BigInt(Math.round(Number(seconds) * 1e9)) - aheadNs;
  const stampNs = monotonic(uptime);
  if (since === '') return { state, previous, reason, monotonicNs: stampNs };
  const enteredNs = monotonic(since);
  const isInStep = enteredNs > stampNs && enteredNs < stampNs + BigInt(SCRIPT_STAMP_STEP_NS);
  return { state, previous, reason, monotonicNs: isInStep ? enteredNs : stampNs, enteredNs };
}

/** A program may print other things than its records: those are its log, and not ours. */
function readObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  return JSON.parse(line) as Record<string, unknown>;
}
