import fc from 'fast-check';
import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { openDifference } from '../kit/difference.ts';
import type { OutcomeName } from '../program/layout.ts';
import { forward } from './forward.ts';

enterPrivateNamespaces(import.meta.url);

const { ONEVIP_NIGHTLY: nightly, ONEVIP_DATAPATH_SEED: givenSeed, ONEVIP_DATAPATH_PATH: path } = process.env;
const HISTORIES = nightly === undefined ? 5000 : Number(nightly) > 1 ? Number(nightly) : 1_000_000;
/** The nightly run looks for new histories; every other run repeats the same ones, so that a change is what turns it red. */
const usualSeed = nightly === undefined ? 20_261_124 : Math.floor(Math.random() * 2 ** 31);
const seed = givenSeed === undefined ? usualSeed : Number(givenSeed);
t.setTimeout(nightly === undefined ? 900_000 : 8 * 3_600_000);

const alike = openDifference();

t.test(
  'the program in the kernel does what the specification says: verdict, octets, connections, counters',
  async (t) => {
    const counts = new Map<OutcomeName, number>();
    const count = (outcomes: OutcomeName[]): void => {
      for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    };
    const result = fc.check(alike(forward, count), { numRuns: HISTORIES, seed, ...(path !== undefined && { path }) });
    t.comment(
      `seed ${seed}: ${result.numRuns} histories, ${[...counts.values()].reduce((sum, n) => sum + n, 0)} frames`,
    );
    t.comment([...counts].map(([outcome, times]) => `${outcome} ${times}`).join(', '));
    const again = `ONEVIP_DATAPATH_SEED=${result.seed} ONEVIP_DATAPATH_PATH=${result.counterexamplePath}`;
    if (result.failed) t.comment(result.errorInstance instanceof Error ? result.errorInstance.message : '');
    t.notOk(result.failed, result.failed ? `to see it again: ${again}` : 'they agree');
  },
);
