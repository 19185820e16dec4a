import { workerData } from 'node:worker_threads';
import { ALARM, type AlarmMemory, END } from './metronome.ts';

/* The thread of a metronome: it sleeps until the alarm that is asked for is due, and says so. */

const { words, dueNs } = workerData as AlarmMemory;

for (let asked = Atomics.load(words, ALARM.asked); asked !== END; asked = Atomics.load(words, ALARM.asked)) {
  if (!sleepUntilDue(asked)) continue;
  Atomics.store(words, ALARM.rung, asked);
  Atomics.notify(words, ALARM.rung);
  Atomics.wait(words, ALARM.asked, asked);
}

/** Gives whether that is due: not where another alarm is asked for meanwhile. */
function sleepUntilDue(asked: number): boolean {
  const leftMs = Number(Atomics.load(dueNs, 0) - process.hrtime.bigint()) / 1e6;
  return leftMs <= 0 || Atomics.wait(words, ALARM.asked, asked, leftMs) === 'timed-out';
}
