import type { HeldFlows } from '../datapath/held-flows.ts';
import { numbersOf } from '../datapath/specification/flow.ts';
import type { ConnectionNumbers } from '../datapath/tables/connection-numbers.ts';
import { serverIn } from '../datapath/tables/slot.ts';
import { type Compared, type FlowAt, type FlowName, MOST_COMPARED, type ServerName } from '../sync/records.ts';
import { flowNamed } from './names.ts';
import { NO_SLOT, type Numbers } from './numbers.ts';

/**
 * Whether the pair is in step, by what both nodes have and not by counters (HA-22): of a sample of the connections of the node that
 * leads, the other says where its own data path would send them. A difference counts when it is still there after some repetitions
 * while the connection lives: until then it may have ended.
 */
export interface Comparison {
  /** Draw a sample, of the connections that there are now; what is being compared is given up. */
  begin(): void;
  isUnderWay(): boolean;
  /** Some of what there is to do. */
  tick(): void;
  heard(said: Compared): void;
  /** The last that has come to its end. */
  last(): Findings | undefined;
  /** Another node leads, or joins. */
  forget(): void;
}

export interface Findings {
  /** When its sample was drawn, in milliseconds on the clock of `nowMs`. */
  atMs: number;
  /** Connections that go to the same server on both nodes. */
  same: number;
  /** Those that do not. */
  different: FlowName[];
  /** Those of which the other node said nothing. */
  unanswered: number;
}

export interface ComparisonParts extends Pick<HeldFlows, 'walk' | 'hasEntry'> {
  /** The name of the flow, and of the server that has it; undefined where that is of no account, as a server that is gone. */
  named(connection: Readonly<ConnectionNumbers>): FlowAt | undefined;
  isLive(flow: FlowName): boolean;
  send(number: number, flows: readonly FlowAt[]): void;
  nowMs(): number;
  /** From 0 to 1, without 1. */
  random?(): number;
}

/** Of a million connections of which one in two hundred differs, it finds one with a probability of 99.2 %. */
const SAMPLE = 960;
const ASK_AGAIN_MS = 100;
/** A question that is lost, a difference that may be of a connection that has just ended. */
const MOST_ASKED = 5;

interface Question {
  flows: readonly FlowAt[];
  askedMs: number;
  /** How often it was asked, or its flows were found to differ. */
  times: number;
}

interface Run extends Findings {
  steps: Iterator<unknown> | undefined;
  sample: Sample;
  questions: Map<number, Question>;
}

export function openComparison({
  walk,
  named,
  isLive,
  send,
  nowMs,
  random = Math.random,
}: ComparisonParts): Comparison {
  let run: Run | undefined;
  let last: Findings | undefined;
  let numbers = 0;

  function ask(flows: readonly FlowAt[], times: number): void {
    run?.questions.set(++numbers, { flows, times, askedMs: nowMs() });
    send(numbers, flows);
  }

  function askAll({ sample }: Run): void {
    const flows = sample.all().flatMap((connection) => named(connection) ?? []);
    for (let from = 0; from < flows.length; from += MOST_COMPARED) ask(flows.slice(from, from + MOST_COMPARED), 1);
  }

  function askAgain(current: Run): void {
    for (const [number, { flows, askedMs, times }] of current.questions) {
      if (nowMs() - askedMs < ASK_AGAIN_MS) continue;
      current.questions.delete(number);
      if (times < MOST_ASKED) ask(flows, times + 1);
      else current.unanswered += flows.length;
    }
  }

  return {
    begin: () => {
      const sample = openSample(SAMPLE, random);
      const steps = walk((connection) => {
        sample.add(connection);
        return false;
      });
      run = { atMs: nowMs(), same: 0, different: [], unanswered: 0, steps, sample, questions: new Map() };
    },
    isUnderWay: () => run !== undefined,
    tick: () => {
      if (!run) return;
      if (run.steps) {
        if (!run.steps.next().done) return;
        run.steps = undefined;
        askAll(run);
      } else askAgain(run);
      if (run.questions.size > 0) return;
      const { atMs, same, different, unanswered } = run;
      [run, last] = [undefined, { atMs, same, different, unanswered }];
    },
    heard: ({ number, different }) => {
      const question = run?.questions.get(number);
      if (!run || !question) return;
      run.questions.delete(number);
      run.same += question.flows.length - different.length;
      const others = different.flatMap((place) => question.flows[place] ?? []).filter(({ flow }) => isLive(flow));
      if (others.length === 0) return;
      if (question.times >= MOST_ASKED) run.different.push(...others.map(({ flow }) => flow));
      else run.questions.set(++numbers, { flows: others, times: question.times + 1, askedMs: nowMs() });
    },
    last: () => last,
    forget: () => {
      [run, last] = [undefined, undefined];
    },
  };
}

interface Sample {
  /** Numbers are copied. */
  add(connection: Readonly<ConnectionNumbers>): void;
  all(): ConnectionNumbers[];
}

/** So many of all, each with the same probability (Vitter's Algorithm R). */
function openSample(most: number, random: () => number): Sample {
  const drawn: ConnectionNumbers[] = [];
  let seen = 0;
  return {
    add: (connection) => {
      seen++;
      const place = drawn.length < most ? drawn.length : Math.floor(random() * seen);
      if (place < most) drawn[place] = { ...connection };
    },
    all: () => drawn,
  };
}

/** Where the data path of a node that does not lead would send each flow, by its exceptions and its slots. */
export function answersOf(
  { exceptions, readSlot }: Pick<HeldFlows, 'exceptions' | 'readSlot'>,
  numbers: Pick<Numbers, 'slotOf' | 'positionOf' | 'rowOf' | 'serverOf'>,
): (flows: readonly FlowName[]) => (ServerName | undefined)[] {
  return (flows) =>
    flows.map((name) => {
      const flow = flowNamed(name);
      const exception = exceptions.find(flow);
      if (exception) return numbers.serverOf(exception.server);
      const { pool, slot } = numbers.positionOf(numbers.slotOf(numbersOf(flow)) ?? NO_SLOT);
      const row = numbers.rowOf(pool);
      return row === undefined ? undefined : numbers.serverOf(serverIn(readSlot(row, slot)));
    });
}
