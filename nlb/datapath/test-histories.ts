import fc from 'fast-check';
import { CONSTANTS } from './layout.ts';
import type { ServiceEntry } from './tables.ts';
import { CLUSTERS, frames, often } from './test-packets.ts';

/** Support for the differential test: what may happen to a data path. */

const SECOND_NS = 1_000_000_000n;

const slotsBy = (server: (slot: number) => number): Int32Array =>
  Int32Array.from({ length: CONSTANTS.SELECTION_SLOTS }, (_, slot) => server(slot));
/** Selection tables to choose from. Server 6 does not exist. */
export const SELECTIONS = [
  slotsBy((slot) => slot % 4),
  slotsBy(() => 0),
  slotsBy((slot) => (slot % 2 ? 3 : 1)),
  slotsBy((slot) => (slot % 3 ? -1 : 2)),
  slotsBy((slot) => (slot % 2 ? 6 : 0)),
  slotsBy(() => -1),
];

const [first = '', second = ''] = CLUSTERS;
const slots = SELECTIONS[0] ?? new Int32Array();
/** All services that there can be. */
export const SERVICES: ServiceEntry[] = [
  { address: first, protocol: 'udp', port: 53, slots },
  { address: first, protocol: 'tcp', port: 80, slots },
  { address: second, protocol: 'tcp', port: 80, slots },
  { address: second, protocol: 'udp', port: 53, slots },
];

const serverStates = fc.tuple(
  ...[0, 1, 2, 3].map((id) =>
    fc.record({
      id: fc.constant(id),
      there: often(true, false),
      usable: fc.constantFrom(true, true, true, false),
      mac: often(true, false),
      /** Whether another server has got the number. */
      other: often(false, true),
    }),
  ),
);
export type ServerState = (typeof serverStates extends fc.Arbitrary<infer T> ? T : never)[number];

const waits = fc.constantFrom(1n, 1_000_000n, SECOND_NS, 60n * SECOND_NS, 3600n * SECOND_NS);
const lease = fc.record({
  answerNs: often(SECOND_NS, 0n, 1n),
  forwardNs: often(10_000n * SECOND_NS, 0n, 1n),
});

const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      frame: frames,
      on: often<'access' | 'server'>('access', 'server'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('again' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ns: waits }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('servers' as const), states: serverStates }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lease' as const), lease }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('select' as const),
      service: fc.nat({ max: SERVICES.length - 1 }),
      table: fc.nat({ max: SELECTIONS.length - 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('serve' as const), service: fc.nat({ max: SERVICES.length - 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), which: fc.nat({ max: 20 }) }) },
);

export const histories = fc.record({
  hook: fc.constantFrom('xdp' as const, 'tc' as const),
  oneArmed: often(false, true),
  priorArt: often(false, true),
  serving: fc.tuple(...SERVICES.map(() => often(true, false))),
  lease,
  servers: serverStates,
  steps: fc.array(step, { minLength: 1, maxLength: 14, size: 'max' }),
});
type Arbitrated<T> = T extends fc.Arbitrary<infer V> ? V : never;
export type History = Arbitrated<typeof histories>;
export type Step = Arbitrated<typeof step>;
