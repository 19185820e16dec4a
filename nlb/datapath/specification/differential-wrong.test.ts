import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { findEach } from '../../search/find-each.ts';
import { openDifference } from '../kit/difference.ts';
import type { ReplayParts } from '../kit/replay.ts';
import { wrongHeldFlows } from '../kit/wrong-held-flows.ts';
import { wrongSpecifications } from '../kit/wrong-specifications.ts';
import { forward } from './forward.ts';

/** That the differential test finds what is wrong. A file of its own, so that the two run at the same time. */
enterPrivateNamespaces(import.meta.url);
t.setTimeout(900_000);

const SEARCH = { seed: 3, mostHistories: 40_000 };
const alike = openDifference();
const find = (t: Parameters<typeof findEach>[0], file: string, properties: Record<string, ReturnType<typeof alike>>) =>
  findEach(t, { ...SEARCH, file: new URL(file, import.meta.url) }, properties);

t.test('every wrong specification is detected', async (t) => {
  const all = Object.entries({ ...wrongSpecifications, ...wrongHeldFlows });
  const properties = all.map(([defect, specification]) => [defect, alike(specification, () => {})]);
  find(t, './wrong-found-by.json', Object.fromEntries(properties));
});

const wrongWhenFull: Record<string, Pick<ReplayParts, 'boundless' | 'oldestFirst'>> = {
  'no proven TCP connection replaces another': { boundless: 'connections' },
  'no proven flow of datagrams replaces another': { boundless: 'udpFlows' },
  'no half-open connection replaces another': { boundless: 'halfOpen' },
  'the older half-open flow of datagrams gives way': { oldestFirst: true },
};

t.test('so is one that is wrong about full tables', async (t) => {
  const all = Object.entries(wrongWhenFull);
  const properties = all.map(([defect, full]) => [defect, alike(forward, () => {}, full)]);
  find(t, './wrong-when-full-found-by.json', Object.fromEntries(properties));
});
