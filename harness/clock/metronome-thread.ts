import { beUrgent, record, waits } from './span-thread.ts';

/** The metronome's thread; see there. It makes nothing while it beats, so that nothing of its own holds it up. */
const PERIOD_MS = 4;
/** A wake that is late by less is an ordinary one. */
const LATE_NS = 2_000_000n;

const isUrgent = beUrgent();
let wokeNs = process.hrtime.bigint();

while (isUrgent && waits(PERIOD_MS)) {
  const nowNs = process.hrtime.bigint();
  if (nowNs - wokeNs > BigInt(PERIOD_MS) * 1_000_000n + LATE_NS) record(wokeNs, nowNs);
  wokeNs = nowNs;
}
