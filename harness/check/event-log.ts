import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { type EventLine, eventLines, fitsLine, linesOf, parseLine, type Reading } from './event-lines.ts';
import { toMs } from './span.ts';
import { isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

/** Instants are told to the microsecond, and a duration is the difference of two of them. */
const ROUNDING_MS = 0.01;

/**
 * HA-16: the whole log: every line a JSON object with a number and an instant by both clocks, the numbers from 1 without a
 * gap; every change of state begins where the one before ended, lasted as long as it says, and gives a reason and evidence.
 */
export const logIsWhole = checker(function logIsWhole(options: Reading & { atLeast: number }) {
  return (during, all = during) => {
    const read = linesOf(all, options);
    if (read.length < options.atLeast) return unknown(`${read.length} lines were read of ${options.node}`, read);
    const lines: EventLine[] = [];
    for (const event of read) {
      const line = parseLine(event);
      if (typeof line === 'string') return fail(`line ${event.index + 1} of ${options.node} ${line}`, [event]);
      if (line.seq !== lines.length + 1)
        return fail(`event ${line.seq} of ${options.node} stands where ${lines.length + 1} should`, [event]);
      lines.push(line);
    }
    const states = lines.filter(({ name }) => name === 'state');
    return brokenStory(states) ?? pass(storyOf(options.node, lines.length, states), eventsOf(states));
  };
});

function brokenStory(states: readonly EventLine[]): Verdict | undefined {
  for (const [index, line] of states.entries()) {
    const problem = problemOf(line, states[index - 1]);
    if (problem !== undefined)
      return fail(`event ${line.seq} ${problem}`, eventsOf(states.slice(Math.max(0, index - 1), index + 1)));
  }
  return undefined;
}

function problemOf({ fields, monotonicMs }: EventLine, before: EventLine | undefined): string | undefined {
  const { previous, previousMs, reason, evidence } = fields;
  if (typeof reason !== 'string' || reason === '') return 'gives no reason';
  if (typeof evidence !== 'object' || evidence === null) return 'gives no evidence';
  if (!before) return undefined;
  if (previous !== before.fields.state)
    return `comes from ${previous}, and the one before led to ${before.fields.state}`;
  const lastedMs = monotonicMs - before.monotonicMs;
  if (typeof previousMs === 'number' && Math.abs(previousMs - lastedMs) <= ROUNDING_MS) return undefined;
  return `says that ${previous} lasted ${previousMs} ms, and it lasted ${lastedMs.toFixed(3)} ms`;
}

function storyOf(node: string, count: number, states: readonly EventLine[]): string {
  const story = states.map(({ fields }) => fields.state).join(', ');
  return `${count} events of ${node} without a gap; it was ${story}`;
}

const eventsOf = (lines: readonly EventLine[]): HistoryEvent[] => lines.map(({ event }) => event);

/** HA-5, HA-16: the log has an event of that name with these fields, from `sinceNs` on. */
export const eventLogged = checker(function eventLogged(
  options: Reading & { name: string; fields: Record<string, unknown>; sinceNs?: number },
) {
  const { node, name, fields, sinceNs = 0 } = options;
  return (during, all = during) => {
    const read = linesOf(all, options);
    if (read.length === 0) return unknown(`the log of ${node} was not read`);
    const lines = eventLines(all, options, name).filter(({ event }) => event.atNs >= sinceNs);
    const found = lines.find((line) => fitsLine(line, { fields }));
    const text = `${name} with ${JSON.stringify(fields)}`;
    return found ? pass(`${node} logged ${text}`, [found.event]) : fail(`${node} logged no ${text}`, eventsOf(lines));
  };
});

/** A follower was shown the change to a state within so many milliseconds of its instant. */
export const shownLive = checker(function shownLive(options: Reading & { state: string; withinMs: number }) {
  const { node, state, withinMs } = options;
  return (during, all = during) => {
    const lateNs = ({ event }: EventLine): number => ranNs(all, event.atNs, event.readNs);
    const lines = eventLines(during, options, 'state').filter(({ fields }) => fields.state === state);
    const [first] = lines;
    if (!first) return unknown(`the follower of ${node} was shown no change to ${state}`);
    const latest = lines.reduce((one, other) => (lateNs(other) > lateNs(one) ? other : one));
    const because = `the follower of ${node} was shown its change to ${state} after ${toMs(lateNs(latest))}`;
    const judge = isWithin(all, latest.event.atNs, latest.event.readNs, withinMs) ? pass : fail;
    return judge(because, [latest.event]);
  };
});
