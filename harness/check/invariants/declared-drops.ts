import type { DropsRead } from '../../history/event.ts';
import { checker } from '../claim.ts';
import { fail, pass, unknown, type Verdict } from '../verdict.ts';
import { type Growth, growthsOf, ownersOf, readingsOf, type TestRun, testRuns, unreadOf } from './drop-growth.ts';
import { type Invariant, nodesOf, placesOf, type Setting } from './invariant.ts';
import { type Circumstance, ORDINARY_DROPS } from './ordinary-drops.ts';

/** What a test has the load balancers drop: by which cause, why, and where it knows, how many at most, both nodes together. */
export interface DeclaredDrop {
  cause: string;
  /** Goes on from "because". */
  why: string;
  atMost?: number;
}

/** By the titles of tests. */
export type DeclaredDrops = Record<string, DeclaredDrop[]>;

/**
 * FWD-7: whatever the nodes say that they have dropped, from their first start on, was dropped by a cause that is ordinary
 * there, or that a test declares which ran then, and no more often than that says.
 */
const onlyDeclaredDrops = checker(function onlyDeclaredDrops(options: {
  nodes: string[];
  isOneLan: boolean;
  declared: DeclaredDrops;
}) {
  const { nodes, isOneLan, declared } = options;
  return (during, all = during): Verdict => {
    const judged = new Set(during);
    const runs = testRuns(all);
    const grown = nodes.flatMap((node) => growthsOf(readingsOf(all, node))).filter(({ to }) => judged.has(to));
    const dropped = grouped(grown, runs);
    const wrong = dropped.filter((one) => !isOrdinary(one, isOneLan) && one.count > allowed(one, declared))[0];
    if (wrong) return fail(`${droppedText(wrong)}: ${allowedText(wrong, declared)}`, evidenceOf(wrong));
    const unread = nodes.map((node) => unreadOf(node, all)).find((why) => why !== undefined);
    if (unread !== undefined) return unknown(unread, dropped.flatMap(evidenceOf));
    return pass(`${nodes.join(', ')} dropped ${totalText(dropped) || 'nothing'}`, dropped.flatMap(evidenceOf));
  };
});

/** What both nodes dropped by one cause while the same tests ran. */
interface Dropped {
  cause: string;
  owners: TestRun[];
  count: number;
  growths: Growth[];
}

function grouped(growths: readonly Growth[], runs: readonly TestRun[]): Dropped[] {
  const groups = new Map<string, Dropped>();
  for (const growth of growths) {
    const { cause, count } = growth;
    const owners = ownersOf(growth, runs);
    const key = JSON.stringify([cause, owners.map(({ fromNs }) => fromNs)]);
    const group = groups.get(key) ?? { cause, owners, count: 0, growths: [] };
    groups.set(key, { ...group, count: group.count + count, growths: [...group.growths, growth] });
  }
  return [...groups.values()];
}

function isOrdinary({ cause, owners }: Dropped, isOneLan: boolean): boolean {
  const holds: Record<Circumstance, boolean> = {
    everywhere: true,
    'before the first test': owners.length === 0,
    'both sides on one LAN': isOneLan,
  };
  return ORDINARY_DROPS.some((ordinary) => ordinary.cause === cause && holds[ordinary.where]);
}

const declarationsOf = ({ cause, owners }: Dropped, declared: DeclaredDrops): DeclaredDrop[] =>
  owners.flatMap(({ title }) => declared[title] ?? []).filter((one) => one.cause === cause);

const allowed = (dropped: Dropped, declared: DeclaredDrops): number =>
  declarationsOf(dropped, declared).reduce((sum, { atMost = Number.POSITIVE_INFINITY }) => sum + atMost, 0);

function droppedText({ cause, owners, growths }: Dropped): string {
  const byNode = Map.groupBy(growths, ({ to }) => to.node);
  const counts = [...byNode].map(([node, of]) => `${node} dropped ${sum(of)}`);
  const when = owners.map(({ title }) => `"${title}"`).join(' or ') || 'the bringing up of the lab';
  return `${counts.join(' and ')} as ${cause}, in ${when}`;
}

function allowedText(dropped: Dropped, declared: DeclaredDrops): string {
  const most = allowed(dropped, declared);
  return most === 0 ? 'no test declares that' : `${most} at most were declared`;
}

const sum = (growths: readonly Growth[]): number => growths.reduce((total, { count }) => total + count, 0);

function totalText(dropped: readonly Dropped[]): string {
  const byCause = Map.groupBy(dropped, ({ cause }) => cause);
  return [...byCause].map(([cause, of]) => `${sum(of.flatMap(({ growths }) => growths))} as ${cause}`).join(', ');
}

const evidenceOf = ({ growths }: Dropped): DropsRead[] => growths.flatMap(({ from, to }) => (from ? [from, to] : [to]));

/** Whether one LAN carries both sides of a load balancer. */
function hasOneLan(setting: Setting): boolean {
  const legs = placesOf(setting, 'nlb');
  return legs.some(({ node, leg, lan }) =>
    legs.some((other) => other.node === node && other.leg !== leg && other.lan === lan),
  );
}

export const declaredDrops: Invariant = {
  name: 'declared drops',
  title: 'no packet is dropped but for a cause that is ordinary, or that the test declares',
  proves: ['FWD-7 throughout'],
  claim: (setting, declared = {}) =>
    onlyDeclaredDrops({ nodes: nodesOf(placesOf(setting, 'nlb')), isOneLan: hasOneLan(setting), declared }),
};
