import t from 'tap';
import { type Rule, snapshotOf } from '../rule.ts';
import { openNetwork } from './test-network.ts';
import { flowOf, openPair, type Pair, SERVERS, SLOTS, slotOf } from './test-pair.ts';

/** Two engines over real sockets, with a network between them that loses, doubles and reorders. */
const seed = Number(process.env.ONEVIP_SEED ?? Date.now() % 2 ** 31);
let state = seed;
function chance(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}
const pick = (below: number): number => Math.floor(chance() * below);

const said = (records: ReturnType<typeof snapshotOf>): string[] =>
  records.map((record) => JSON.stringify(record)).sort();
const rulesOf = (rule: Rule): string[] => said(snapshotOf(rule));

/** Wishes change, flows begin, exceptions go; a step every turn of the event loop. */
async function live(pair: Pair, steps: number): Promise<void> {
  const { active, nowMs } = pair;
  for (let step = 0; step < steps; step++) {
    if (step % 10 === 0) active.wish([[pick(SLOTS), SERVERS[pick(SERVERS.length)]]], nowMs());
    const flow = flowOf(pick(5000));
    active.firstPacket({ flow, slot: slotOf(flow), kind: 'syn', id: step }, nowMs());
    if (step % 400 === 0) active.reviewExceptions(() => false, nowMs());
    await new Promise((resolve) => setImmediate(resolve));
  }
}

t.setTimeout(60_000);
t.test('10 % lost, 5 % doubled, a third late: the standby answers as the active has logged', async (t) => {
  t.comment(`seed ${seed}`);
  const network = await openNetwork(() => {
    if (chance() < 0.1) return [];
    const delay = chance() < 0.3 ? 1 + pick(4) : 0;
    return chance() < 0.05 ? [delay, pick(6)] : [delay];
  });
  const pair = await openPair(network, (effect) => {
    // Slots are held for as long as barriers take.
    if (effect.type !== 'barrier') return false;
    setTimeout(() => pair.active.barrierPassed(effect.id, pair.nowMs()), 10);
    return true;
  });
  await pair.until(() => pair.active.status().isInStep);
  await live(pair, 3000);
  await pair.until(() => {
    const { tip, acknowledged, isInStep, heldFrames } = pair.active.status();
    return isInStep && acknowledged === tip && heldFrames === 0;
  });
  const report = await pair.report();
  const { tip, exceptions } = pair.active.status();
  t.same(said(report.records), rulesOf(pair.ruleAfter(report.applied)), `after ${report.applied} records`);
  t.ok(tip > 500 && exceptions > 0, `${tip} records, ${exceptions} exceptions are left`);
  t.ok((report.counts.refused.replayed ?? 0) > 0, JSON.stringify({ one: pair.link.counts, other: report.counts }));
  t.same(report.problems, []);
  await pair.close();
});

t.test('where the server subnet carries nothing, or only one way, records go by the access subnet', async (t) => {
  for (const dead of [['one', 'other'], ['other']]) {
    let isDead = false;
    const network = await openNetwork((path, to) => (isDead && path === 'server' && dead.includes(to) ? [] : [0]));
    const pair = await openPair(network);
    await pair.until(() => pair.active.status().isInStep);
    await live(pair, 200);
    const before = pair.link.counts.sent.access;
    isDead = true;
    await live(pair, 600);
    await pair.until(() => pair.active.status().acknowledged === pair.active.status().tip);
    const report = await pair.report();
    t.same(said(report.records), rulesOf(pair.ruleAfter(report.applied)), `dead towards ${dead}`);
    t.ok(pair.link.counts.sent.access > before, 'by the access subnet');
    await pair.close();
  }
});
