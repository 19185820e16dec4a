import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, ClientCommand } from './sync-messages.ts';
import { eventsOf, inStep, inStepOf, isCommitted, type MeasuredPair, moveSlots, statusOf, until } from './sync-pair.ts';

/** The figures of sync.ts. Times in milliseconds. */

type Ask = (command: ClientCommand) => Promise<Answer>;

/** Records that were logged for connections that begin and end while slots move. */
export interface RecordsFigure {
  figure: 'records';
  opened: number;
  kinds: { set: number; add: number; del: number };
  /** Of first packets that waited: the middle of each second's median, and the worst of its 99th percentile and longest. */
  held: { released: number; notReleased: number; dropped: number; p50: number; p99: number; most: number };
  /** The longest that the clients' packets of one instant took. */
  clientsLateMs: number;
}

const [PER_SECOND, LIVES_MS, MOVE_EVERY_MS] = [20_000, 1000, 1000];

export async function measureRecords(pair: MeasuredPair, ask: Ask, seconds: number): Promise<RecordsFigure> {
  const before = await until(pair.active, 'nothing is to change', isCommitted);
  let isOver = false;
  const times: { p50: number; p99: number; most: number }[] = [];
  const moving = (async () => {
    while (!isOver) {
      await moveSlots(pair);
      await pause(MOVE_EVERY_MS);
      const { heldMs } = (await inStepOf(pair.active)).held;
      if (heldMs) times.push(heldMs);
    }
  })();
  const { opened, lateMaxMs = 0 } = await ask({ do: 'churn', perSecond: PER_SECOND, livesMs: LIVES_MS, seconds });
  isOver = true;
  await moving;
  const { records, held } = await until(pair.active, 'all is committed', isCommitted);
  const since = (kind: 'set' | 'add' | 'del') => records.kinds[kind] - before.records.kinds[kind];
  const medians = times.map(({ p50 }) => p50).sort((one, other) => one - other);
  return {
    figure: 'records',
    opened,
    kinds: { set: since('set'), add: since('add'), del: since('del') },
    held: {
      released: held.released - before.held.released,
      notReleased: held.notReleased - before.held.notReleased,
      dropped: held.dropped - before.held.dropped,
      p50: medians[Math.floor(medians.length / 2)] ?? 0,
      p99: Math.max(0, ...times.map(({ p99 }) => p99)),
      most: Math.max(0, ...times.map(({ most }) => most)),
    },
    clientsLateMs: lateMaxMs,
  };
}

/** A change of a twentieth of the slots, from the order to the node that leads to the last acknowledgement. */
export interface ChangeFigure {
  figure: 'change';
  tookMs: number;
  added: number;
  /** The latest beat of each node since its start, before and afterwards. */
  worstLateMs: { before: number[]; after: number[] };
  /** Packets of known connections meanwhile, and how many of them were held, or not forwarded for another reason. */
  known: { sent: number; held: number; others: Record<string, number> };
}

export async function measureChange(pair: MeasuredPair, ask: Ask): Promise<ChangeFigure> {
  const { records } = await until(pair.active, 'nothing is to change', isCommitted);
  const [lateBefore, before] = [await latenessOf(pair), await statusOf(pair.active)];
  const known = ask({ do: 'known', perSecond: 1000, seconds: 5 });
  const { after, tookMs } = await commitChange(pair);
  const { opened: sent } = await known;
  const outcomes = Object.entries((await statusOf(pair.active)).datapath.outcomes).flatMap(([name, { packets }]) => {
    const more = packets - (before.datapath.outcomes[name]?.packets ?? 0);
    // What is passed on to the node itself is no client's.
    return more === 0 || name.startsWith('PASSED_') ? [] : [[name, more] as const];
  });
  const { FORWARDED_ESTABLISHED: _, HELD = 0, ...others } = Object.fromEntries(outcomes);
  return {
    figure: 'change',
    tookMs,
    added: after.records.kinds.add - records.kinds.add,
    worstLateMs: { before: lateBefore, after: await latenessOf(pair) },
    known: { sent, held: HELD, others },
  };
}

/** A standby that was killed and starts again: from when it stands by until it is in step. */
export interface JoiningFigure {
  figure: 'joining';
  exceptions: number;
  tookMs: number;
  worstLateMs: { before: number; after: number };
}

const WANTED_EXCEPTIONS = 100_000;
/** What comes back to its server needs no exception any more, so that more than a twentieth must be away at once. */
const FAVOURED = 3;

export async function measureJoining(pair: MeasuredPair): Promise<JoiningFigure> {
  for (let turn = 0; turn < 10 && (await inStepOf(pair.active)).exceptions < WANTED_EXCEPTIONS; turn++)
    await commitChange(pair, FAVOURED);
  const { worstLateMs: before } = await statusOf(pair.active);
  await pair.restartStandby();
  await until(pair.active, 'the standby is not in step', ({ isInStep }) => !isInStep);
  const { exceptions } = await inStep(pair);
  const stoodByMs = (await eventsOf(pair.standby)).find(({ event, state }) => event === 'state' && state === 'standby');
  const wasInStep = (await eventsOf(pair.active)).findLast(({ event, peerInStep }) => event === 'sync' && peerInStep);
  const { worstLateMs: after } = await statusOf(pair.active);
  return {
    figure: 'joining',
    exceptions,
    tookMs: (wasInStep?.monotonicMs ?? Number.NaN) - (stoodByMs?.monotonicMs ?? Number.NaN),
    worstLateMs: { before, after },
  };
}

/** Other weights are ordered, and all that follows from them is acknowledged. */
async function commitChange(
  pair: MeasuredPair,
  favoured?: number,
): Promise<{ after: Awaited<ReturnType<typeof inStepOf>>; tookMs: number }> {
  const { kinds } = (await inStepOf(pair.active)).records;
  const orderedMs = await moveSlots(pair, favoured);
  const hasBegun = ({ records }: Awaited<ReturnType<typeof inStepOf>>) => records.kinds.set > kinds.set;
  const after = await until(
    pair.active,
    'the change is committed',
    (inStep) => hasBegun(inStep) && isCommitted(inStep),
  );
  return { after, tookMs: performance.now() - orderedMs };
}

const latenessOf = ({ active, standby }: MeasuredPair): Promise<number[]> =>
  Promise.all([active, standby].map(async (node) => (await statusOf(node)).worstLateMs));
