import { FORWARD_ON_MS, takenOverWithinMs } from '../handover-times.ts';

/**
 * How a daemon ends whose main thread hangs, which ought to end it: asked to stop by a signal, and without a word of the main
 * thread for `staleAfterMs`, the thread that beats lets go of the lead, waits as an orderly stop does, and ends the process.
 * A pure function of its input.
 */
export interface HungMain {
  /** How long nothing has been heard of the main thread; time in which this thread itself was stalled does not count. */
  silentMs: number;
  signalled: boolean;
  letGoAtMs?: number;
  takenOverAtMs?: number;
}

export const atWork: HungMain = { silentMs: 0, signalled: false };

export interface Look {
  atMs: number;
  /** How much time went by since the look before, so far as this thread was awake. */
  listenedMs: number;
  signalled: boolean;
  /** Whether the peer leads. */
  peerLeads: boolean;
  /** This node, which stops, still completes its log, and leads meanwhile. */
  isCompleting: boolean;
}

/** @returns what is to be done now, besides */
export function lookAtMain(
  before: HungMain,
  { atMs, listenedMs, ...look }: Look,
  { staleAfterMs, intervalMs }: { staleAfterMs: number; intervalMs: number },
): { main: HungMain; act?: 'let go' | 'end' } {
  const signalled = before.signalled || look.signalled;
  const main = { ...before, signalled, silentMs: before.silentMs + listenedMs };
  if (!signalled || main.silentMs <= staleAfterMs) return { main };
  const { letGoAtMs, takenOverAtMs = look.peerLeads ? atMs : undefined } = main;
  if (letGoAtMs === undefined) return { main: { ...main, letGoAtMs: atMs }, act: 'let go' };
  if (look.isCompleting) return { main: { ...main, letGoAtMs: atMs } };
  const waited = atMs - letGoAtMs >= takenOverWithinMs(intervalMs);
  const forwarded = takenOverAtMs === undefined ? waited : atMs - takenOverAtMs >= FORWARD_ON_MS;
  return {
    main: { ...main, ...(takenOverAtMs !== undefined && { takenOverAtMs }) },
    ...(forwarded && { act: 'end' }),
  };
}
