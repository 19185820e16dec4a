import fc from 'fast-check';
import { PATHS, type PathName, type Side } from './network.ts';

/** What can go wrong, or be asked for. Each ends by itself after `forMs`. */
export type Fault = { afterMs: number; forMs: number } & (
  | { type: 'split'; path: PathName | 'both'; from: Side | 'both' }
  | { type: 'disturb'; path: PathName | 'both'; loss: number; delayMs: number; twice: number }
  | { type: 'linkDown'; side: Side; path: PathName }
  | {
      type:
        | 'kill'
        | 'stop'
        | 'freezeDaemon'
        | 'pauseNode'
        | 'serversDead'
        | 'serviceDead'
        | 'addressRefused'
        | 'targetDown';
      side: Side;
    }
  /** The node hears nobody; what it says is heard. */
  | { type: 'deaf'; side: Side }
  /** An interface is made anew and has no data path for a while; a further one is away. */
  | { type: 'interfaceBare' | 'interfaceAway'; side: Side }
  | { type: 'stallInside'; side: Side; afterEffects: number }
  | { type: 'hangMain'; side: Side }
  | { type: 'suspend' | 'stopClocks'; side: Side }
  /** The daemon leaves a lease of so long, where it may, to a life that begins when the fault is over. */
  | { type: 'keep'; side: Side; keepMs: number }
  | { type: 'lead' | 'standBy'; side: Side }
  | Meddling
);

/**
 * What stations do that are neither of the two. It never ends, and must keep nobody from leading.
 *
 * `strayHolder`: somebody else holds the NLBS address, and answers for it. `suppressor`: a switch answers questions that are
 * broadcast, for the nodes that it remembers (RFC 9161): for the NLBS address with the hardware address of `side`.
 * `forgedAsks`: the node hears all the time that its peer asks for the address. `forgedRefusals`: that nobody listens there.
 */
export type Meddling = { type: (typeof meddlings)[number]; side: Side };

/**
 * What happens to sync, on a timeline of its own: no standby is in step; no log is completed; the operator wants a handover
 * whatever it costs.
 */
export type SyncFault = { afterMs: number; forMs: number } & (
  | { type: 'outOfStep' | 'logStuck' }
  | { type: 'leadForced' | 'standByForced'; side: Side }
);

/** Long and short, and often about as long as a lease or a silence. */
const durations = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 3, arbitrary: fc.integer({ min: 20, max: 50 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 700 }) },
);
const gaps = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 60 }),
  fc.integer({ min: 0, max: 400 }),
);
const sides = fc.constantFrom<Side>(0, 1);
const paths = fc.constantFrom<PathName | 'both'>('access', 'server', 'both');
const times = { afterMs: gaps, forMs: durations };
const ofNode = [
  ...(['kill', 'stop', 'freezeDaemon', 'pauseNode', 'serversDead', 'serviceDead', 'addressRefused'] as const),
  ...(['targetDown', 'lead', 'standBy'] as const),
];
const ofInterfaces = ['interfaceBare', 'interfaceAway'] as const;

/** The main thread of a daemon hangs, and its beat goes on. */
const hanging = fc.record({ ...times, type: fc.constant('hangMain'), side: sides });

/** The machine is suspended, so that one clock goes on; or a guest is paused, or restored from a snapshot, and none does. */
const timeless = fc.record({ ...times, type: fc.constantFrom('suspend' as const, 'stopClocks' as const), side: sides });
const meddlings = ['strayHolder', 'suppressor', 'forgedAsks', 'forgedRefusals'] as const;

export const faults: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 7, arbitrary: fc.record({ ...times, type: fc.constantFrom(...ofNode), side: sides }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...times,
      type: fc.constant('split'),
      path: paths,
      from: fc.constantFrom<Side | 'both'>(0, 1, 'both'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...times, type: fc.constant('deaf'), side: sides }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...times,
      type: fc.constant('keep'),
      side: sides,
      keepMs: fc.integer({ min: 100, max: 600 }),
    }),
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
  { weight: 1, arbitrary: fc.record({ ...times, type: fc.constantFrom(...ofInterfaces), side: sides }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...times,
      type: fc.constant('stallInside'),
      side: sides,
      afterEffects: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: hanging },
  { weight: 2, arbitrary: timeless },
  { weight: 1, arbitrary: fc.record({ ...times, type: fc.constantFrom(...meddlings), side: sides }) },
);

export const syncFaults: fc.Arbitrary<SyncFault[]> = fc.array(
  fc.oneof(
    fc.record({ ...times, type: fc.constantFrom('outOfStep' as const, 'logStuck' as const) }),
    fc.record({ ...times, type: fc.constantFrom('leadForced' as const, 'standByForced' as const), side: sides }),
  ),
  { maxLength: 5 },
);

const everyWay = [0, 1].flatMap((from) =>
  PATHS.map(
    (path): Fault => ({ type: 'split', path, from: from as Side, afterMs: 0, forMs: Number.POSITIVE_INFINITY }),
  ),
);

/** No beat ever comes, as where a filter takes them away, and two of three questions are lost. */
const mute: Fault = {
  type: 'disturb',
  path: 'both',
  loss: 1,
  delayMs: 0,
  twice: 0,
  afterMs: 0,
  forMs: Number.POSITIVE_INFINITY,
};

/**
 * What never ends: by each path and direction the way is open or not, but one of the four is; or a node is deaf; or all is
 * lost that may be.
 */
export const lasting: fc.Arbitrary<Fault[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fault[]>([]) },
  { weight: 1, arbitrary: fc.constant<Fault[]>([mute]) },
  { weight: 2, arbitrary: fc.subarray(everyWay, { minLength: 1, maxLength: everyWay.length - 1 }) },
  {
    weight: 1,
    arbitrary: sides.map((side): Fault[] => [
      { type: 'serviceDead', side, afterMs: 0, forMs: Number.POSITIVE_INFINITY },
    ]),
  },
  {
    weight: 1,
    arbitrary: sides.map((side): Fault[] => [{ type: 'deaf', side, afterMs: 0, forMs: Number.POSITIVE_INFINITY }]),
  },
);

/** A request may take effect for as long as it stands. */
const REQUEST_STANDS_MS = 1000;
/** A daemon that was asked to stop waits for its peer to lead before it ends. */
export const STOPS_WITHIN_MS = 150;

/** A stall in the midst of a step waits so long for that step. */
export const ARMED_MS = 60;

export const isMeddling = (fault: Fault | SyncFault): fault is Fault & Meddling =>
  (meddlings as readonly string[]).includes(fault.type);

/**
 * The instant at which the fault is over, and nothing of it can have an effect that was not there before. Meddling goes on,
 * and all that must come true comes true in spite of it.
 */
export function endOf(beganMs: number, fault: Fault | SyncFault): number {
  if (isMeddling(fault)) return beganMs;
  const { forMs, type } = fault;
  if (type === 'keep') return beganMs + Math.max(STOPS_WITHIN_MS + forMs, fault.keepMs);
  if (type === 'stallInside') return beganMs + ARMED_MS + forMs;
  if (type === 'stop') return beganMs + STOPS_WITHIN_MS + forMs;
  return beganMs + (type === 'lead' || type === 'leadForced' ? REQUEST_STANDS_MS : forMs);
}
