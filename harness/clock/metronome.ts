import { type SpanThread, startSpanThread } from './spans.ts';

/**
 * Finds out when the machine stood still: a thread of real-time priority, before which no ordinary one goes, means to wake
 * every few milliseconds. When it does not, neither did anybody else: the kernel or what is below it kept the processors. Each
 * standstill begins with the last wake before it, up to 4 ms early. Where real-time priority is refused, it finds nothing.
 */
export type Metronome = SpanThread;

export const startMetronome = (): Metronome => startSpanThread(new URL('metronome-thread.ts', import.meta.url));
