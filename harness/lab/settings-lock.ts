import { type SpanThread, startSpanThread } from '../clock/spans.ts';

/**
 * Finds out when nobody could change a network setting: the kernel has one lock for those of all namespaces (RTNL), and whoever makes or
 * unmakes a lab can hold it for tens of milliseconds. A thread of real-time priority asks the kernel for the state of a link, which
 * takes that lock, every few milliseconds. Where the kernel answers that without the lock, it finds nothing.
 */
export type SettingsLock = SpanThread;

export const watchSettingsLock = (): SettingsLock =>
  startSpanThread(new URL('settings-lock-thread.ts', import.meta.url));
