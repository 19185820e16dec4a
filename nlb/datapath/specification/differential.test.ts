import fc from 'fast-check';
import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { histories, SERVICES } from '../kit/histories.ts';
import { openKernelProgram } from '../kit/kernel-program.ts';
import { replay } from '../kit/replay.ts';
import { ifindexOf, makeInterfaces } from '../kit/rig.ts';
import { wrongSpecifications } from '../kit/wrong-specifications.ts';
import type { OutcomeName } from '../program/layout.ts';
import { forward } from './forward.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const { ONEVIP_NIGHTLY: nightly, ONEVIP_DATAPATH_SEED: givenSeed, ONEVIP_DATAPATH_PATH: path } = process.env;
const HISTORIES = nightly === undefined ? 5000 : Number(nightly) > 1 ? Number(nightly) : 1_000_000;
/** The nightly run looks for new histories; every other run repeats the same ones, so that a change is what turns it red. */
const usualSeed = nightly === undefined ? 20_261_124 : Math.floor(Math.random() * 2 ** 31);
const seed = givenSeed === undefined ? usualSeed : Number(givenSeed);
/** Each wrong specification is found out by the same histories every time. */
const FINDING = { numRuns: 40_000, seed: 3, endOnFailure: true };
t.setTimeout(nightly === undefined ? 300_000 : 8 * 3_600_000);

const kernel = openKernelProgram(SERVICES);
const interfaces = { access: ifindexOf('access'), server: ifindexOf('server') };

type Boundless = Parameters<typeof replay>[1]['boundless'];
const alike = (specification: typeof forward, seen: (outcomes: OutcomeName[]) => void, boundless?: Boundless) =>
  fc.property(histories, (history) => {
    const parts = { kernel, interfaces, specification };
    seen(replay(history, { ...parts, ...(boundless && { boundless }) }));
  });

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

t.test('every wrong specification is detected', async (t) => {
  for (const [defect, specification] of Object.entries(wrongSpecifications)) {
    const result = fc.check(
      alike(specification, () => {}),
      FINDING,
    );
    t.ok(result.failed, `${defect}: found after ${result.numRuns}`);
  }
});

t.test('so is one in which no connection replaces another', async (t) => {
  for (const table of ['connections', 'udpFlows', 'halfOpen'] as const) {
    const result = fc.check(
      alike(forward, () => {}, table),
      FINDING,
    );
    t.ok(result.failed, `${table}: found after ${result.numRuns}`);
  }
});
