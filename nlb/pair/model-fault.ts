import fc from 'fast-check';
import type { Laws } from './model-laws.ts';
import { type PathName, PATHS, type Side, type Wire } from './model-network.ts';
import { kill, type Node, type World } from './model-world.ts';

/** What can go wrong, or be asked for. Each ends by itself after `forMs`. */
export type Fault = { afterMs: number; forMs: number } & (
  | { type: 'split'; path: PathName | 'both'; from: Side | 'both' }
  | { type: 'disturb'; path: PathName | 'both'; loss: number; delayMs: number; twice: number }
  | { type: 'linkDown'; side: Side; path: PathName }
  | { type: 'kill' | 'stop' | 'freezeDaemon' | 'pauseNode' | 'serversDead'; side: Side }
  | { type: 'stallInside'; side: Side; afterEffects: number }
  | { type: 'lead' | 'standBy'; side: Side }
);

/** Long and short, and often about as long as a lease or a silence. */
const durations = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 20, max: 50 }),
  fc.integer({ min: 1, max: 700 }),
);
const gaps = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 400 }));
const sides = fc.constantFrom<Side>(0, 1);
const paths = fc.constantFrom<PathName | 'both'>('access', 'server', 'both');
const times = { afterMs: gaps, forMs: durations };
const ofNode = ['kill', 'stop', 'freezeDaemon', 'pauseNode', 'serversDead', 'lead', 'standBy'] as const;

export const faults: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 7, arbitrary: fc.record({ ...times, type: fc.constantFrom(...ofNode), side: sides }) },
  {
    weight: 2,
    arbitrary: fc.record({ ...times, type: fc.constant('split'), path: paths, from: fc.constantFrom<Side | 'both'>(0, 1, 'both') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...times,
      type: fc.constant('disturb'),
      path: paths,
      loss: fc.constantFrom(0, 0.1, 0.5, 1),
      delayMs: fc.constantFrom(0, 3, 30, 150),
      twice: fc.constantFrom(0, 0.5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ ...times, type: fc.constant('linkDown'), side: sides, path: fc.constantFrom(...PATHS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...times,
      type: fc.constant('stallInside'),
      side: sides,
      afterEffects: fc.integer({ min: 1, max: 9 }),
    }),
  },
);

/** A request may take effect for as long as it stands. */
const REQUEST_STANDS_MS = 1000;
/** A daemon that was told to stop waits for its peer to lead before it ends. */
const STOPS_WITHIN_MS = 150;

/** The instant at which the fault is over, and nothing of it can have an effect that was not there before. */
export function endOf(beganMs: number, { forMs, type }: Fault): number {
  if (type === 'stop') return beganMs + STOPS_WITHIN_MS + forMs;
  return beganMs + (type === 'lead' ? REQUEST_STANDS_MS : forMs);
}

/** What a fault is done to. */
export interface Victim {
  world: World;
  laws: Laws;
  start(side: Side): void;
}

export function inflict(victim: Victim, fault: Fault): void {
  const { world, laws } = victim;
  switch (fault.type) {
    case 'split':
      return changeNetwork(victim, fault, (wire, by) => {
        for (const from of fault.from === 'both' ? ([0, 1] as const) : [fault.from]) wire.cuts[from] += by;
      });
    case 'disturb':
      return changeNetwork(victim, fault, ({ disturbances }, by) => {
        if (by > 0) disturbances.push(fault);
        else disturbances.splice(disturbances.indexOf(fault), 1);
      });
    case 'linkDown':
      return changeNetwork(victim, fault, ({ downs }, by) => {
        downs[fault.side] += by;
      });
    default:
      return strike(victim, world.nodes[fault.side], fault, laws);
  }
}

function changeNetwork(
  { world, laws }: Victim,
  { path, forMs }: Fault & { path: PathName | 'both' },
  change: (wire: Wire, by: 1 | -1) => void,
): void {
  const all = (by: 1 | -1) => {
    laws.networkChanges();
    for (const each of path === 'both' ? PATHS : [path]) change(world.network.wires[each], by);
    laws.networkChanges();
  };
  all(1);
  world.agenda.at(world.agenda.nowMs() + forMs, () => all(-1));
}

function strike(victim: Victim, node: Node, fault: Exclude<Fault, { path: string }>, _laws: Laws): void {
  const { daemon } = node;
  const { forMs } = fault;
  const later = (ms: number, what: () => void) => victim.world.agenda.at(victim.world.agenda.nowMs() + ms, what);
  switch (fault.type) {
    case 'kill':
      return die(victim, node, forMs);
    case 'stop':
      daemon?.ask('AskedToStop');
      return later(STOPS_WITHIN_MS, () => die(victim, node, forMs));
    case 'freezeDaemon':
      return daemon?.stall(forMs);
    case 'pauseNode':
      node.host.pause();
      daemon?.stall(forMs);
      return later(forMs, () => node.host.goOn());
    case 'serversDead':
      node.sickness++;
      daemon?.serversChanged();
      return later(forMs, () => {
        node.sickness--;
        node.daemon?.serversChanged();
      });
    case 'stallInside':
      return daemon?.stallInside(fault.afterEffects, forMs);
    case 'lead':
      return daemon?.ask('AskedToLead');
    case 'standBy':
      return daemon?.ask('AskedToStandBy');
  }
}

function die(victim: Victim, node: Node, forMs: number): void {
  node.deaths++;
  kill(node);
  victim.world.agenda.at(victim.world.agenda.nowMs() + forMs, () => {
    node.deaths--;
    node.host.whenAwake(() => {
      if (node.deaths === 0 && !node.daemon) victim.start(node.side);
    });
  });
}
