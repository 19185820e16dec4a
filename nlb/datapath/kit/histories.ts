import fc from 'fast-check';
import { CONSTANTS } from '../program/layout.ts';
import { MAX_HELD_BYTES } from '../specification/forward.ts';
import type { Limits } from '../specification/limits.ts';
import type { Timeouts } from '../specification/timeouts.ts';
import { FLOW_TABLES } from '../tables/counters.ts';
import { held } from '../tables/slot.ts';
import type { SelectedService } from '../tables/tables.ts';
import { BOOTS } from './beat-frames.ts';
import { usually } from './octets.ts';
import { CLUSTER_ADDRESSES, conversation, flags, fragmentOf, frames, peerFrames } from './packets.ts';

/** Support for the differential test: generated histories of a data path. */

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
  slotsBy((slot) => (slot % 2 ? held(slot % 4) : slot % 4)),
  slotsBy((slot) => held(slot % 2 ? 1 : -1)),
];

const [first = '', second = ''] = CLUSTER_ADDRESSES;
const slots = SELECTIONS[0] ?? new Int32Array();
/** All services that there can be. Two of them are one pool. */
export const SERVICES: SelectedService<Int32Array>[] = [
  { address: first, protocol: 'udp', port: 53, slots },
  { address: first, protocol: 'tcp', port: 80, slots, pool: 'web' },
  { address: first, protocol: 'tcp', port: 0, slots },
  { address: second, protocol: 'tcp', port: 80, slots, pool: 'web', persistence: { timeoutMs: 10_000, prefix: 24 } },
  { address: second, protocol: 'udp', port: 0, slots, persistence: { timeoutMs: 10_000, prefix: 32 } },
];

export const TIMEOUTS: Timeouts = {
  unprovenMs: 4000,
  establishedMs: 60_000,
  finishedMs: 10_000,
  resetMs: 5000,
  datagramsMs: 20_000,
  fragmentMs: 4000,
};

/** Without effect; and such that the second or the third connection of a second is over the limit. */
const limits = fc.constantFrom<Limits[]>(
  { tcpPerSecond: 1_000_000_000, udpPerSecond: 1_000_000_000 },
  { tcpPerSecond: 1_000_000_000, udpPerSecond: 1_000_000_000 },
  { tcpPerSecond: 1, udpPerSecond: 2 },
  { tcpPerSecond: 3, udpPerSecond: 1 },
);

const serverStates = fc.tuple(
  ...[0, 1, 2, 3].map((id) =>
    fc.record({
      id: fc.constant(id),
      there: usually(true, false),
      kept: fc.constantFrom(true, true, true, true, true, false),
      mac: usually(true, false),
      /** Whether another server has got the number. */
      other: fc.constantFrom(false, false, false, false, false, true),
    }),
  ),
);
export type ServerState = (typeof serverStates extends fc.Arbitrary<infer T> ? T : never)[number];

/** To the end of a timeout, to just before it, and beyond. */
const waits = fc
  .tuple(
    fc.constantFrom(...[1n, 4n, 5n, 5n, 10n, 10n, 20n, 60n].map((seconds) => seconds * SECOND_NS)),
    fc.constantFrom(0n, 0n, -1n, 1n),
  )
  .map(([ns, more]) => ns + more);
const BEAT_WINDOW_NS = BigInt(CONSTANTS.BEAT_WINDOW_NS);
const MARGIN_NS = BigInt(CONSTANTS.LEASE_MARGIN_NS);
/** How late the clock of the last tick is: not at all, by a part of a tick, or as after a stall of the machine. */
const latenesses = [0n, 1n, 4_000_000n, MARGIN_NS, MARGIN_NS + 1n] as const;
/** How long the machine was suspended in a wait: CLOCK_BOOTTIME alone goes on. To the end of a lease, and beyond. */
const suspensions = usually<bigint>(0n, 0n, 1n, SECOND_NS, 3600n * SECOND_NS);
const lease = fc.record({
  /** Null: given back. */
  answerNs: usually<bigint | null>(SECOND_NS, 0n, 1n, null, null),
  forwardNs: usually(10_000n * SECOND_NS, 0n, 1n),
});

const service = fc.nat({ max: SERVICES.length - 1 });
/** Mostly the service of port 80, whose packets the service of any port gets while it is not served. */
const ofPort = fc.oneof({ weight: 2, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: service });
const persistence = fc.constantFrom(
  undefined,
  { timeoutMs: 10_000, prefix: 24 },
  { timeoutMs: 10_000, prefix: 1 },
  { timeoutMs: 5000, prefix: 32 },
);
const flowTable = fc.constantFrom(...FLOW_TABLES);

const on = usually<'access' | 'server'>('access', 'server');
const send = fc.record({ do: fc.constant('send' as const), frame: frames, on });
const wellFormedFrame = fc.record({
  do: fc.constant('send' as const),
  frame: conversation,
  on: fc.constant('access' as const),
});
/** The last frame again; perhaps with other flags, from another port, as a fragment. */
const again = fc.record({
  do: fc.constant('again' as const),
  flags: fc.option(flags, { freq: 2 }),
  port: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(40_001, 40_002) },
  ),
  fragment: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fragmentOf }),
  /** Octets that it is made up to behind the packet: as many as a record of a held frame takes, and one more. */
  length: usually(0, MAX_HELD_BYTES, MAX_HELD_BYTES + 1),
});
/** The last frame from many other ports, and an ACK after it from each or from none: so many flows meet in a group of rows. */
const crowd = fc.record({
  do: fc.constant('crowd' as const),
  ports: fc.nat({ max: 24 }),
  proves: fc.boolean(),
});
/** An exception of the last frame's flow, in place of any before; or none. */
const except = fc.record({
  do: fc.constant('except' as const),
  server: fc.nat({ max: 3 }),
  other: usually(false, true),
  settled: fc.constantFrom(true, true, false, null),
});
const wait = fc.record({
  do: fc.constant('wait' as const),
  ns: waits,
  lateNs: usually<bigint>(...latenesses),
  suspendedNs: suspensions,
});

/** What the daemon writes about its peer; and whether it lives. */
const peer = fc.record({ mac: usually(true, false), boot: usually<string | null>(BOOTS[0] ?? null, null) });
const daemonLives = fc.boolean();

/** Steps other than frames. */
const change = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('servers' as const), states: serverStates }) },
  fc.record({ do: fc.constant('lease' as const), lease }),
  fc.record({ do: fc.constant('limit' as const), limits }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('select' as const),
      service,
      table: fc.nat({ max: SELECTIONS.length - 1 }),
    }),
  },
  fc.record({ do: fc.constant('persist' as const), service, persistence }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('serve' as const), service: ofPort }) },
  { weight: 3, arbitrary: except },
  fc.record({ do: fc.constant('forget' as const), table: flowTable, which: fc.nat({ max: 3 }) }),
);

const anything = fc.oneof(
  { weight: 8, arbitrary: send },
  { weight: 2, arbitrary: wellFormedFrame },
  { weight: 2, arbitrary: again },
  { weight: 1, arbitrary: wait },
  { weight: 1, arbitrary: change },
);
const conversationSteps = fc.oneof(
  { weight: 3, arbitrary: wellFormedFrame },
  { weight: 9, arbitrary: again },
  { weight: 1, arbitrary: crowd },
  { weight: 4, arbitrary: wait },
  { weight: 3, arbitrary: change },
);
/** ARP requests and heartbeats of the peer and of others, often in a flood, and short waits. */
const peerSteps = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('flood' as const),
      frame: peerFrames,
      on: fc.constantFrom('access' as const, 'access' as const, 'server' as const),
      times: fc.constantFrom(1, 1, 15, 16, 17, 63, 65),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ns: fc.constantFrom(BEAT_WINDOW_NS, BEAT_WINDOW_NS - 1n, 1n),
      lateNs: fc.constant(0n),
      suspendedNs: fc.constant(0n),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('peer' as const), peer }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('daemon' as const), lives: daemonLives }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lease' as const), lease }) },
  { weight: 1, arbitrary: change },
  { weight: 1, arbitrary: wellFormedFrame },
);
const steps = <T>(step: fc.Arbitrary<T>) => fc.array(step, { minLength: 1, maxLength: 20, size: 'max' });

export const histories = fc.record({
  hook: fc.constantFrom('xdp' as const, 'tc' as const),
  oneArmed: usually(false, true),
  /** Whether VLAN 5 of the access interface has an interface of its own. */
  vlanned: fc.boolean(),
  /** Of all interfaces: without effect, or such that headers with options are too long. */
  mtu: usually(1500, 40, 56, 84),
  priorArt: usually(false, true),
  /** While the service of a port is not served, connections begin with that of any port. */
  serving: fc.tuple(...SERVICES.map(({ port }) => usually(true, ...(port === 80 ? [false, false, false] : [false])))),
  lease,
  peer,
  daemonLives,
  limits,
  lateNs: fc.constantFrom<bigint[]>(...latenesses),
  servers: serverStates,
  /** Steps of every kind, or of a few clients with whole connections, or of the peer. */
  steps: fc.oneof(
    { weight: 4, arbitrary: steps(anything) },
    { weight: 9, arbitrary: steps(conversationSteps) },
    { weight: 2, arbitrary: steps(peerSteps) },
  ),
});
type Arbitrated<T> = T extends fc.Arbitrary<infer V> ? V : never;
export type History = Arbitrated<typeof histories>;
export type Step = History['steps'][number];
