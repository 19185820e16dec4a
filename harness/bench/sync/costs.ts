import { z } from 'zod';
import { type Judgement, judged, notMeasured } from '../judgement.ts';
import { figuresOf } from '../program-lines.ts';

/** What keeping a pair in step costs, as `nlb/measure/sync.ts` prints it. Times in milliseconds. */

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();

/** Connections that begin, live for a second and end, while a twentieth of the slots moves every second. */
const Records = z.strictObject({
  figure: z.literal('records'),
  /** Of connections that are over, which need their exceptions until then. */
  timeouts: z.enum(['one second', 'default']),
  opened: count,
  /** Records that were logged meanwhile. */
  kinds: z.strictObject({ set: count, add: count, del: count }),
  /** First packets that waited. */
  held: z.strictObject({ released: count, notReleased: count, dropped: count, p50: ms, p99: ms, most: ms }),
  clientsLateMs: ms,
});

/** A change of a twentieth of the slots. */
const Change = z.strictObject({
  figure: z.literal('change'),
  connections: count,
  tookMs: ms,
  added: count,
  /** The latest beat of each node since its start. */
  worstLateMs: z.strictObject({ before: z.array(ms), after: z.array(ms) }),
  /** Packets of connections that were there before, and those of them that were not simply forwarded. */
  known: z.strictObject({ sent: count, held: count, others: z.record(z.string(), count) }),
});

/** A standby starts again, beside an active that has very many connections. */
const Joining = z.strictObject({
  figure: z.literal('joining'),
  connections: count,
  exceptions: count,
  tookMs: ms,
  worstLateMs: z.strictObject({ before: ms, after: ms }),
});

const Figure = z.discriminatedUnion('figure', [Records, Change, Joining]);
export type CostFigure = z.infer<typeof Figure>;

/** @throws when the program fails */
export async function* measureCosts(expects: (figures: number) => void): AsyncGenerator<CostFigure> {
  for await (const figure of figuresOf('sync.ts', [], (figures) => expects(figures + 1))) yield Figure.parse(figure);
  for await (const figure of figuresOf('sync.ts', ['--default-timeouts'])) yield Figure.parse(figure);
}

const [MOST_ADDED, MOST_RECORDS] = [0.15, 0.3];
const [MOST_P50_MS, MOST_P99_MS] = [0.5, 5];
const [MOST_CHANGE_MS, MOST_JOINING_MS] = [2000, 3000];
const WANTED = { connections: 1_000_000, exceptions: 100_000 };
/** Of the pair that is measured: a beat that is later has been missed. */
const BEAT_EVERY_MS = 50;

/** All bounds that a figure is about, each with what was found. */
export function judgeCost(figure: CostFigure): Judgement[] {
  switch (figure.figure) {
    case 'records':
      return figure.timeouts === 'default' ? [] : judgeRecords(figure);
    case 'change':
      return judgeChange(figure);
    case 'joining':
      return judgeJoining(figure);
  }
}

/** What is measured and has no bound; undefined where there is no such thing. */
export function withoutBound(figure: CostFigure): string | undefined {
  if (figure.figure !== 'records' || figure.timeouts !== 'default') return undefined;
  const { opened, kinds } = figure;
  const all = kinds.set + kinds.add + kinds.del;
  return `no bound: records for each new connection with the default time-outs: ${(kinds.add / opened).toFixed(2)} ADD, ${(all / opened).toFixed(2)} in all; ${recordsText(figure)}`;
}

const recordsText = ({ opened, kinds: { set, add, del } }: z.infer<typeof Records>): string =>
  `${opened} connections: ${add} ADD, ${del} DEL, ${set} SET`;

function judgeRecords(figure: z.infer<typeof Records>): Judgement[] {
  const { opened, kinds, held } = figure;
  const { set, add, del } = kinds;
  const of = recordsText(figure);
  const waited = `of ${held.released} first packets that waited; ${held.most.toFixed(2)} ms at most, ${held.dropped + held.notReleased} did not go on`;
  const most = (figure: number) => (value: number) => value <= figure;
  return [
    judged(`ADDs for each new connection, at most ${MOST_ADDED}`, add / opened, most(MOST_ADDED), of),
    judged(
      `records for each new connection, at most ${MOST_RECORDS}`,
      (set + add + del) / opened,
      most(MOST_RECORDS),
      of,
    ),
    judged(
      `added delay of new flows in changing slots, p50 at most ${MOST_P50_MS} ms`,
      held.p50,
      most(MOST_P50_MS),
      waited,
    ),
    judged(`the same, p99 at most ${MOST_P99_MS} ms`, held.p99, most(MOST_P99_MS), waited),
  ];
}

function judgeChange({ connections, tookMs, added, worstLateMs, known }: z.infer<typeof Change>): Judgement[] {
  const words = `5 % of the slots with a million connections, from wish to commitment, at most ${MOST_CHANGE_MS} ms`;
  const astray = known.held + Object.values(known.others).reduce((sum, packets) => sum + packets, 0);
  const beats = Math.max(...worstLateMs.after);
  return [
    connections < WANTED.connections
      ? notMeasured(words, `${connections} connections`)
      : judged(words, tookMs, (value) => value <= MOST_CHANGE_MS, `${connections} connections, ${added} ADD`),
    judged(
      'packets of known connections that were held meanwhile, none',
      astray,
      (value) => value === 0,
      `of ${known.sent}; ${JSON.stringify(known.others)}`,
    ),
    judged(
      'the latest beat of either node until then, no later than an interval',
      beats,
      (value) => value < BEAT_EVERY_MS,
      `ms; before the change ${Math.max(...worstLateMs.before)}`,
    ),
  ];
}

function judgeJoining({ connections, exceptions, tookMs, worstLateMs }: z.infer<typeof Joining>): Judgement[] {
  const words = `joining with a million connections, 100,000 of them exceptions, at most ${MOST_JOINING_MS} ms`;
  const of = `${connections} connections, ${exceptions} exceptions`;
  return [
    connections < WANTED.connections || exceptions < WANTED.exceptions
      ? notMeasured(words, of)
      : judged(words, tookMs, (value) => value <= MOST_JOINING_MS, of),
    judged(
      'the latest beat of the active until then, no later than an interval',
      worstLateMs.after,
      (value) => value < BEAT_EVERY_MS,
      `ms; before ${worstLateMs.before}`,
    ),
  ];
}
