import t from 'tap';
import {
  type Conflict,
  type ConflictingPackets,
  conflictingPackets,
  type Defence,
  defend,
  noConflict,
} from './defence.ts';

const [OTHER, THIRD, PEER] = ['02:00:00:00:00:99', '02:00:00:00:00:98', '02:00:00:00:00:02'];
const none: ConflictingPackets = { others: [], peer: [] };

/** Looks every 10 ms while leading, with claims at some instants; when was announced, and what was reported. */
function watch(claims: Record<number, Partial<ConflictingPackets>>, untilMs: number, before: Defence = noConflict) {
  let defence = before;
  const announcedMs: number[] = [];
  const news: [number, Conflict][] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += 10) {
    const stand = defend(defence, { ...none, ...claims[atMs] }, atMs, true);
    defence = stand.defence;
    if (stand.announce) announcedMs.push(atMs);
    if (stand.news) news.push([atMs, stand.news]);
  }
  return { defence, announcedMs, news };
}

const every = (stepMs: number, untilMs: number) =>
  Object.fromEntries(
    Array.from({ length: untilMs / stepMs }, (_, i) => [100 + i * stepMs, { others: [OTHER] }] as const),
  );

t.test('where nobody else claims the address, nothing is done', async (t) => {
  t.same(watch({}, 10_000), { defence: noConflict, announcedMs: [], news: [] });
});

t.test('a claim is contradicted at once, and once more when it is over; it is recorded', async (t) => {
  const { announcedMs, news, defence } = watch({ 100: { others: [OTHER] } }, 10_000);
  t.same(announcedMs, [100, 2100]);
  const conflict = { macs: [OTHER], claims: 1, firstMs: 100, lastMs: 100 };
  t.same(news, [
    [100, { ...conflict, over: false }],
    [2100, { ...conflict, over: true }],
  ]);
  t.same(defence.conflicts, [{ ...conflict, over: true }]);
});

t.test('claims that go on are contradicted once a second, with an announcement after the last', async (t) => {
  const { announcedMs, news } = watch(every(10, 2500), 10_000);
  t.same(announcedMs, [100, 1100, 2100, 3100, 4590]);
  t.match(news, [
    [100, { claims: 1 }],
    [4590, { claims: 250, firstMs: 100, lastMs: 2590, over: true }],
  ]);
});

t.test('a second claim within the second is contradicted when that is over', async (t) => {
  t.same(watch({ 100: { others: [OTHER] }, 400: { others: [OTHER] } }, 9000).announcedMs, [100, 1100, 2400]);
});

t.test('several claimants are one conflict; a later one is another', async (t) => {
  const { defence } = watch(
    { 100: { others: [OTHER, THIRD] }, 200: { others: [THIRD] }, 5000: { others: [THIRD] } },
    9000,
  );
  t.match(defence.conflicts, [
    { macs: [OTHER, THIRD], claims: 3 },
    { macs: [THIRD], claims: 1, firstMs: 5000 },
  ]);
  t.equal(defence.conflicts.length, 2);
});

t.test('a flood of claimants and of conflicts is not kept whole', async (t) => {
  const macs = Array.from({ length: 1000 }, (_, i) => `02:00:00:00:${i >> 8}:${i & 255}`);
  t.equal(watch({ 100: { others: macs } }, 200).defence.conflicts[0]?.macs.length, 8);
  const many = watch(every(3000, 60_000), 100_000).defence.conflicts;
  t.equal(many.length, 8);
  t.equal(many.at(-1)?.firstMs, 57_100);
});

t.test("the peer's claims are not contradicted; when they have ended, the address is announced again", async (t) => {
  const { announcedMs, news, defence } = watch({ 100: { peer: [PEER] }, 900: { peer: [PEER] } }, 9000);
  t.same([announcedMs, news], [[2900], []]);
  t.same(defence, noConflict);
});

t.test('who does not lead defends nothing, and what it defended is over', async (t) => {
  t.same(defend(noConflict, { others: [OTHER], peer: [PEER] }, 100, false), {
    defence: noConflict,
    announce: false,
  });
  const { defence } = watch(every(10, 200), 290);
  const { announce, news, defence: after } = defend(defence, none, 300, false);
  t.equal(announce, false);
  t.match(news, { claims: 20, over: true });
  t.match(after, { owed: false, conflicts: [{ over: true }] });
  t.equal(defend(after, none, 310, false).news, undefined, 'reported once');
});

t.test('claims by the hardware address of a peer that is silent are another station’s', async (t) => {
  const claims = { others: [OTHER], peer: [PEER, PEER] };
  t.same(conflictingPackets(claims, true), claims, 'one that is heard is the role’s affair');
  t.same(conflictingPackets(claims, false), { others: [OTHER, PEER, PEER], peer: [] });
});
