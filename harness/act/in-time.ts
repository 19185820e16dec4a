import { until } from '../clock/until.ts';

const TICK_MS = 5;

/** Calls `send` with the numbers from 0 to `count - 1`, so many a second, a few at a time. */
export async function inTime(count: number, perSecond: number, send: (number: number) => void): Promise<void> {
  const began = performance.now();
  let sent = 0;
  const tick = () => {
    const due = Math.min(count, ((performance.now() - began) / 1000) * perSecond);
    for (; sent < due; sent++) send(sent);
  };
  const timer = setInterval(tick, TICK_MS);
  try {
    const what = `all ${count} frames are sent`;
    await until(() => sent >= count, { what, withinMs: (count / perSecond) * 1000 + 20_000, everyMs: TICK_MS });
  } finally {
    clearInterval(timer);
  }
}
