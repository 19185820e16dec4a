import fc from 'fast-check';
import t from 'tap';
import { foundHistories } from './found.ts';
import { happen, histories, type Outcome, SETTLED_WITHIN_MS } from './history.ts';
import { sound } from './machine.ts';
import type { Machine } from './surroundings.ts';

/** Two thousand in every test run; in the nightly one a hundred thousand, or as many as ONEVIP_NIGHTLY says. */
const { ONEVIP_NIGHTLY: nightly, ONEVIP_MODEL_SEED: givenSeed, ONEVIP_MODEL_PATH: path } = process.env;
const HISTORIES = nightly === undefined ? 2000 : Number(nightly) > 1 ? Number(nightly) : 100_000;
/** The nightly run looks for new histories; every other run repeats the same ones, so that a change is what turns it red. */
const usualSeed = nightly === undefined ? 20_261_123 : Math.floor(Math.random() * 2 ** 31);
const seed = givenSeed === undefined ? usualSeed : Number(givenSeed);

const lawful = (machine: Machine, seen: (outcome: Outcome) => void) =>
  fc.property(histories, (history) => {
    const outcome = happen(history, machine);
    seen(outcome);
    if (outcome.broken !== undefined) throw new Error([outcome.broken, ...outcome.timeline].join('\n'));
  });

t.setTimeout(nightly === undefined ? 900_000 : 3_600_000);

t.test(
  'two never answer for the address at once, except while the access subnet itself is split with no beats by the ' +
    'other; one leads soon after the faults; states are entered once and in order; without a fault nothing moves',
  async (t) => {
    let [settledInMs, healedInMs, wokenInMs, simulatedMs] = [0, 0, 0, 0];
    const result = fc.check(
      lawful(sound, (outcome) => {
        settledInMs = Math.max(settledInMs, outcome.settledInMs);
        healedInMs = Math.max(healedInMs, outcome.healedInMs);
        wokenInMs = Math.max(wokenInMs, outcome.wokenInMs);
        simulatedMs += outcome.simulatedMs;
      }),
      { numRuns: HISTORIES, seed, examples: foundHistories(), ...(path !== undefined && { path }) },
    );
    t.comment(`seed ${seed}: ${result.numRuns} histories, ${Math.round(simulatedMs / 1000)} s of simulated time`);
    t.comment(`settled within ${settledInMs} ms of ${SETTLED_WITHIN_MS}; a double lead healed in ${healedInMs} ms`);
    t.comment(`after one had woken whose clocks had stood still two answered for ${wokenInMs} ms`);
    const again = `ONEVIP_MODEL_SEED=${result.seed} ONEVIP_MODEL_PATH=${result.counterexamplePath}`;
    if (result.failed) t.comment(`${fc.defaultReportMessage(result)}\n${result.errorInstance}`);
    t.notOk(result.failed, result.failed ? `to see it again: ${again}` : 'no law was broken');
  },
);
