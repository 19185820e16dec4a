import type { Random } from './random.ts';

/** What a schedule may do to a lab. In `harness/act/chaos.ts` stands how each is done, and how it ends. */
export type FaultName = (typeof NODE_FAULTS)[number]['what'] | 'silence' | 'firewall power loss';

/** A fault as it is meant to happen, in milliseconds since the schedule began. */
export interface PlannedFault {
  what: FaultName;
  /** The node that is struck; for `silence` a LAN. */
  where: string;
  fromMs: number;
  /** When it ends. An order has no end of its own: it is given, and that is all. */
  untilMs: number;
}

/** Where faults can strike. */
export interface Battlefield {
  balancers: readonly string[];
  /** Whether a load balancer can be asked to stand by, or to take over. */
  takeOrders: boolean;
  /** The LANs by which they hear each other. */
  lans: readonly string[];
  firewall: string;
}

interface Kind {
  what: string;
  shortestMs: number;
  longestMs: number;
}

/**
 * What happens to one load balancer, one at a time. A cut leg is one that its node sees: an access subnet that is split behind
 * the nodes' backs cannot be told from the death of the other one, and two nodes alone must then both lead.
 */
const NODE_FAULTS = [
  { what: 'kill -9', shortestMs: 50, longestMs: 1500 },
  { what: 'stop', shortestMs: 20, longestMs: 1500 },
  { what: 'freeze', shortestMs: 20, longestMs: 1500 },
  { what: 'cut access', shortestMs: 20, longestMs: 1200 },
  { what: 'cut server', shortestMs: 20, longestMs: 1200 },
  { what: 'stand by', shortestMs: 0, longestMs: 0 },
  { what: 'take over', shortestMs: 0, longestMs: 0 },
] as const satisfies Kind[];

const SILENCE: Kind = { what: 'silence', shortestMs: 50, longestMs: 2000 };
const POWER_LOSS: Kind = { what: 'firewall power loss', shortestMs: 300, longestMs: 1500 };

/** Between two faults of one lane. */
const SHORTEST_REST_MS = 50;
const LONGEST_REST_MS = 1500;

/**
 * A schedule that begins and ends within so many milliseconds, in the order of beginning: a lane of faults for each load
 * balancer and each LAN, and one for a firewall; lanes know nothing of each other, so that anything may come together.
 */
export function planSchedule(
  random: Random,
  { balancers, takeOrders, lans, firewall }: Battlefield,
  lengthMs: number,
): PlannedFault[] {
  const kindsOfNode = NODE_FAULTS.filter(({ longestMs }) => takeOrders || longestMs > 0);
  const lanes = [
    ...balancers.map((where) => ({ where, kinds: kindsOfNode })),
    ...lans.map((where) => ({ where, kinds: [SILENCE] })),
    { where: firewall, kinds: [POWER_LOSS] },
  ];
  const planned = lanes.flatMap(({ where, kinds }) => planLane(random, where, kinds, lengthMs));
  return planned.toSorted((one, other) => one.fromMs - other.fromMs);
}

function planLane(random: Random, where: string, kinds: readonly Kind[], lengthMs: number): PlannedFault[] {
  const lane: PlannedFault[] = [];
  for (let atMs = 0; ; ) {
    const { what, shortestMs, longestMs } = random.pick(kinds);
    const fromMs = atMs + between(random, SHORTEST_REST_MS, LONGEST_REST_MS);
    const untilMs = fromMs + between(random, shortestMs, longestMs);
    if (untilMs > lengthMs) return lane;
    lane.push({ what: what as FaultName, where, fromMs, untilMs });
    atMs = untilMs;
  }
}

function between(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1);
}
