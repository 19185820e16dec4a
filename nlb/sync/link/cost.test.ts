import t from 'tap';
import { monotonicNs } from '../../kernel/clock.ts';
import type { SlotNumber } from '../rule.ts';
import { openWire } from './test-network.ts';
import { flowOf, openPair, type Pair, SERVERS, SLOTS, slotOf } from './test-pair.ts';

/**
 * What a held packet waits for on an otherwise idle path, and what a record costs each of the two threads, engine and all: in processor
 * time. Times on the clock are printed and not judged, for the machine has other things to do.
 */
const [ROUNDS, WARM_UP] = [2500, 500];
/** The burst counts that was disturbed least. */
const [PER_SECOND, BURST, BURSTS] = [50_000, 10_000, 10];
const MOST_US = 5;
/** A core whose other half, or whose caches, are busy takes so much longer at most. */
const LOADED = process.env.ONEVIP_NIGHTLY === undefined ? 5 : 2;

const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** All slots are wished elsewhere, and no barrier passes, so that they stay held. */
async function openHeld(forwarded: (id: number) => void): Promise<Pair> {
  const isBegun = { value: false };
  const pair = await openPair(await openWire(), (effect) => {
    if (effect.type === 'forward') forwarded(effect.packet.id);
    return effect.type === 'barrier' && isBegun.value;
  });
  await pair.until(() => pair.active.status().isInStep);
  isBegun.value = true;
  pair.active.wish(
    Array.from({ length: SLOTS }, (_, slot): [SlotNumber, string | undefined] => [slot, SERVERS[1]]),
    pair.nowMs(),
  );
  return pair;
}

const hold = ({ active, nowMs }: Pair, id: number): void => {
  const flow = flowOf(id);
  active.firstPacket({ flow, slot: slotOf(flow), kind: 'syn', id }, nowMs());
};

t.setTimeout(120_000);
t.test('a held packet goes on with its acknowledgement, one round trip later', async (t) => {
  let isBack = (_id: number): void => {};
  const pair = await openHeld((id) => isBack(id));
  const tookUs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const back = new Promise((resolve) => {
      isBack = resolve;
    });
    const beganNs = monotonicNs();
    hold(pair, round);
    await back;
    tookUs.push(Number(monotonicNs() - beganNs) / 1e3);
    await turn();
  }
  const sorted = tookUs.slice(WARM_UP).sort((a, b) => a - b);
  const at = (share: number): string => `${((sorted[Math.floor(sorted.length * share)] ?? 0) / 1e3).toFixed(3)} ms`;
  t.comment(`${sorted.length} round trips: p50 ${at(0.5)}, p99 ${at(0.99)}, the longest ${at(0.9999)}`);
  t.equal(pair.active.status().exceptions, ROUNDS);
  await pair.close();
});

t.test(`${PER_SECOND} records a second: at most ${LOADED} × ${MOST_US} µs a record on each side`, async (t) => {
  let forwarded = 0;
  const pair = await openHeld(() => forwarded++);
  let next = 0;
  const burst = async (records: number): Promise<void> => {
    const beganMs = pair.nowMs();
    const from = next;
    while (next - from < records) {
      const due = Math.min(records, Math.floor(((pair.nowMs() - beganMs) * PER_SECOND) / 1000));
      for (; next - from < due; next++) hold(pair, next);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await pair.until(() => forwarded === next);
  };
  await burst(PER_SECOND / 2);
  let [ownUs, otherUs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < BURSTS; round++) {
    const [ownBefore, otherBefore] = [cpuUs(), (await pair.report()).cpuUs];
    await burst(BURST);
    ownUs = Math.min(ownUs, (cpuUs() - ownBefore) / BURST);
    otherUs = Math.min(otherUs, ((await pair.report()).cpuUs - otherBefore) / BURST);
  }
  const counts = JSON.stringify(pair.link.counts);
  t.comment(`the active ${ownUs.toFixed(2)} µs a record, the standby ${otherUs.toFixed(2)} µs; ${counts}`);
  t.ok(ownUs <= LOADED * MOST_US, `the active: ${ownUs.toFixed(2)} µs`);
  t.ok(otherUs <= LOADED * MOST_US, `the standby: ${otherUs.toFixed(2)} µs`);
  await pair.close();
});
