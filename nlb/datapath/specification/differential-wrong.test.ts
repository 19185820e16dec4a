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
const searchIn = (file: string) => ({ ...SEARCH, file: new URL(file, import.meta.url) });

t.test('every wrong specification is detected', async (t) => {
  findEach(t, searchIn('./wrong-found-by.json'), { ...wrongSpecifications, ...wrongHeldFlows }, (wrong) =>
    alike(wrong, () => {}),
  );
});

const wrongWhenFull: Record<string, Pick<ReplayParts, 'boundless' | 'oldestFirst'>> = {
  'no proven TCP connection replaces another': { boundless: 'connections' },
  'no proven flow of datagrams replaces another': { boundless: 'udpFlows' },
  'no half-open connection replaces another': { boundless: 'halfOpen' },
  'the older half-open flow of datagrams gives way': { oldestFirst: true },
};

t.test('so is one that is wrong about full tables', async (t) => {
  findEach(t, searchIn('./wrong-when-full-found-by.json'), wrongWhenFull, (full) => alike(forward, () => {}, full));
});
