import fc from 'fast-check';
import t from 'tap';
import { findEach } from '../../search/find-each.ts';
import { actionsOf, textOf } from './action.ts';
import { broken, rare } from './broken.ts';
import { corners, found } from './found.ts';
import { type History, happen, histories } from './history.ts';
import type { Counts } from './laws.ts';
import { sound, tight } from './machine.ts';
import type { Machine } from './surroundings.ts';

/** Two thousand in every test run; in the nightly one a hundred thousand, or as many as ONEVIP_NIGHTLY says. */
const { ONEVIP_NIGHTLY: nightly, ONEVIP_MODEL_SEED: givenSeed, ONEVIP_MODEL_PATH: path } = process.env;
const HISTORIES = nightly === undefined ? 2000 : Number(nightly) > 1 ? Number(nightly) : 100_000;
/** For the rarest this seed needs some 3,600 histories. */
const SEARCH = { seed: 3, mostHistories: 10_000, file: new URL('./found-by.json', import.meta.url) };
/** The nightly run looks for new histories; every other run repeats the same ones, so that a change is what turns it red. */
const usualSeed = nightly === undefined ? 20_261_127 : Math.floor(Math.random() * 2 ** 31);
const seed = givenSeed === undefined ? usualSeed : Number(givenSeed);

t.setTimeout(nightly === undefined ? 600_000 : 3_600_000);

interface Test {
  comment(text: string): void;
  ok(value: boolean, text: string): unknown;
  notOk(value: boolean, text: string): unknown;
}

const EXAMPLES: [History][] = [found, corners].flatMap((texts) =>
  Object.values(texts).map((text): [History] => [actionsOf(text)]),
);

/** No law is broken in so many histories, and there was something to see in them. */
function isLawful(t: Test, machine: Machine, numRuns: number): void {
  const sum: Counts = { takeovers: 0, inStep: 0, sets: 0, adds: 0, dels: 0, released: 0 };
  const lawful = fc.property(histories, (history) => {
    const { broken, counts } = happen(history, machine);
    for (const what of Object.keys(sum) as (keyof Counts)[]) sum[what] += counts[what];
    if (broken !== undefined) throw new Error(`${broken}\n${history.map(textOf).join(', ')}`);
  });
  const result = fc.check(lawful, { numRuns, seed, examples: EXAMPLES, ...(path !== undefined && { path }) });
  t.comment(`seed ${seed}: ${result.numRuns} histories, ${JSON.stringify(sum)}`);
  const again = `ONEVIP_MODEL_SEED=${result.seed} ONEVIP_MODEL_PATH=${result.counterexamplePath}`;
  if (result.failed) t.comment(String(result.errorInstance));
  t.notOk(result.failed, result.failed ? `to see it again: ${again}` : 'no law was broken');
  for (const [what, count] of Object.entries(sum))
    t.ok(count >= result.numRuns / 20, `there was something to see: ${count} ${what}`);
}

t.test('each state that the standby may be in explains every live connection, which keeps its server', async (t) => {
  isLawful(t, sound, HISTORIES);
});

t.test('the same where there is hardly any room for exceptions, frames and records', async (t) => {
  isLawful(t, tight, HISTORIES / 2);
});

const isBroken = (history: History, machine: Machine) => happen(history, machine).broken !== undefined;
/** What the sound machine breaks as well says nothing of the broken one. */
const findsOut = (history: History, machine: Machine) => isBroken(history, machine) && !isBroken(history, sound);

t.test('each broken machine has a short history of its own that finds it out', async (t) => {
  const all = { ...broken, ...rare };
  t.same(Object.keys(found).toSorted(), Object.keys(all).toSorted());
  for (const [defect, machine] of Object.entries(all))
    t.ok(findsOut(actionsOf(found[defect] ?? ''), machine), `${defect}: ${found[defect]}`);
});

t.test('each broken machine breaks a law, in a history in which the sound one breaks none', async (t) => {
  const lawful = (machine: Machine) => fc.property(histories, (history) => !findsOut(history, machine));
  findEach(t, SEARCH, broken, lawful);
});
