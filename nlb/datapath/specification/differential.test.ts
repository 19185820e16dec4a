import fc from 'fast-check';
import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { histories, SERVICES } from '../kit/histories.ts';
import { openKernelProgram } from '../kit/kernel-program.ts';
import { type ReplayParts, replay } from '../kit/replay.ts';
import { ifindexOf, makeInterfaces } from '../kit/rig.ts';
import { wrongHeldFlows } from '../kit/wrong-held-flows.ts';
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
t.setTimeout(nightly === undefined ? 600_000 : 8 * 3_600_000);

const kernel = openKernelProgram(SERVICES);
const interfaces = { access: ifindexOf('access'), server: ifindexOf('server') };

type Full = Pick<ReplayParts, 'boundless' | 'oldestFirst'>;
const alike = (specification: typeof forward, seen: (outcomes: OutcomeName[]) => void, full: Full = {}) =>
  fc.property(histories, (history) => seen(replay(history, { kernel, interfaces, specification, ...full })));

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
  for (const [defect, specification] of Object.entries({ ...wrongSpecifications, ...wrongHeldFlows })) {
    const result = fc.check(
      alike(specification, () => {}),
      FINDING,
    );
    t.ok(result.failed, `${defect}: found after ${result.numRuns}`);
  }
});

const wrongWhenFull: Record<string, Full> = {
  'no proven TCP connection replaces another': { boundless: 'connections' },
  'no proven flow of datagrams replaces another': { boundless: 'udpFlows' },
  'no half-open connection replaces another': { boundless: 'halfOpen' },
  'the older half-open flow of datagrams gives way': { oldestFirst: true },
};

t.test('so is one that is wrong about full tables', async (t) => {
  for (const [defect, full] of Object.entries(wrongWhenFull)) {
    const result = fc.check(
      alike(forward, () => {}, full),
      FINDING,
    );
    t.ok(result.failed, `${defect}: found after ${result.numRuns}`);
  }
});
