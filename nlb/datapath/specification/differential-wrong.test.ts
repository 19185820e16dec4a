import fc from 'fast-check';
import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { openDifference } from '../kit/difference.ts';
import type { ReplayParts } from '../kit/replay.ts';
import { wrongHeldFlows } from '../kit/wrong-held-flows.ts';
import { wrongSpecifications } from '../kit/wrong-specifications.ts';
import { forward } from './forward.ts';

/** That the differential test finds what is wrong. A file of its own, so that the two run at the same time. */
enterPrivateNamespaces(import.meta.url);
t.setTimeout(900_000);

/** Each wrong specification is found out by the same histories every time. */
const FINDING = { numRuns: 40_000, seed: 3, endOnFailure: true };
const alike = openDifference();

t.test('every wrong specification is detected', async (t) => {
  for (const [defect, specification] of Object.entries({ ...wrongSpecifications, ...wrongHeldFlows })) {
    const result = fc.check(
      alike(specification, () => {}),
      FINDING,
    );
    t.ok(result.failed, `${defect}: found after ${result.numRuns}`);
  }
});

const wrongWhenFull: Record<string, Pick<ReplayParts, 'boundless' | 'oldestFirst'>> = {
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
