import { z } from 'zod';

/**
 * What was done and what was seen, each with the instant on one clock: nanoseconds since the history began, on
 * CLOCK_MONOTONIC. Frames carry the kernel's time stamp (CLOCK_REALTIME) and scripts that of /proc/uptime (CLOCK_BOOTTIME),
 * moved onto that clock when they are read.
 *
 * The types, the JSON schema (history.schema.json) and the check of what is read from a file all come from here.
 */

const name = z.string();
const at = { atNs: z.number().describe('Nanoseconds since the history began.') };
const until = { untilNs: z.number().describe('When it was over.') };

/** In a file as base64, in memory as they are. */
const Bytes = z.codec(
  z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/),
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (base64) => new Uint8Array(Buffer.from(base64, 'base64')),
    encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  },
);

const FrameSeen = z
  .strictObject({
    kind: z.literal('frame'),
    ...at,
    lan: name,
    node: name,
    leg: name,
    direction: z.enum(['sent', 'received']),
    bytes: Bytes.describe(
      'The whole frame from the destination hardware address on, without the frame check sequence.',
    ),
  })
  .describe('A frame on a switch port: sent by the node into the segment, or received by the node from it.');
export type FrameSeen = z.infer<typeof FrameSeen>;

const AddressChanged = z.strictObject({
  kind: z.literal('address'),
  ...at,
  node: name,
  device: name,
  address: z.string().describe('10.77.1.100/32'),
  label: z.string().exactOptional(),
  change: z.enum(['added', 'removed']),
});
export type AddressChanged = z.infer<typeof AddressChanged>;

const NeighbourChanged = z.strictObject({
  kind: z.literal('neighbour'),
  ...at,
  node: name,
  device: name,
  address: z.string(),
  mac: z.string().exactOptional().describe('Absent while the kernel has none.'),
  state: z.string().describe('The kernel’s word: REACHABLE, STALE, FAILED, …, or REMOVED.'),
});
export type NeighbourChanged = z.infer<typeof NeighbourChanged>;

const Acted = z
  .strictObject({
    kind: z.literal('act'),
    ...at,
    what: z.string(),
    node: name.exactOptional(),
    detail: z.string().exactOptional(),
    untilNs: until.untilNs.exactOptional(),
  })
  .describe('Something the harness did to the lab: a fault, a command, a phase of a test.');
export type Acted = z.infer<typeof Acted>;

const TestMarked = z
  .strictObject({ kind: z.literal('test'), ...at, title: z.string(), phase: z.enum(['begins', 'ends']) })
  .describe('A test begins, or ends: what the file has up to its end is what the test was judged by.');
export type TestMarked = z.infer<typeof TestMarked>;

const protocol = z.enum(['http', 'tcp', 'udp']);

const ProbeEnded = z
  .strictObject({
    kind: z.literal('probe'),
    ...at,
    node: name,
    protocol,
    flow: z.string().describe('The flow (one five-tuple) that the probe belongs to, unique within the history.'),
    sequence: z.number().describe('Number within the flow, from 0.'),
    answeredNs: z.number().exactOptional().describe('atNs is when it was sent; absent: no answer came.'),
    outcome: z.enum(['answered', 'lost', 'refused', 'reset', 'corrupt']),
    server: name.exactOptional().describe('Name that the answering server gave.'),
  })
  .describe('One request of a client and how it ended.');
export type ProbeEnded = z.infer<typeof ProbeEnded>;

const RequestServed = z
  .strictObject({ kind: z.literal('served'), ...at, node: name, protocol, client: z.string(), target: z.string() })
  .describe('A server’s own record that it served a request.');
export type RequestServed = z.infer<typeof RequestServed>;

const CensusTaken = z
  .strictObject({
    kind: z.literal('census'),
    ...at,
    addresses: z.array(
      z.strictObject({ node: name, device: name, address: z.string(), label: z.string().exactOptional() }),
    ),
    routes: z.array(
      z.strictObject({ node: name, to: z.string(), via: z.string().exactOptional(), device: name.exactOptional() }),
    ),
  })
  .describe('Every address and route of every node, read from the running lab at one moment.');
export type CensusTaken = z.infer<typeof CensusTaken>;

const ScriptRan = z
  .strictObject({
    kind: z.literal('script'),
    ...at,
    node: name,
    state: z.string(),
    previous: z.string(),
    reason: z.string(),
    enteredNs: z
      .number()
      .optional()
      .describe('When the state was entered, by the load balancer’s own word: a script may run later.'),
  })
  .describe('An operator’s script, by its own journal.');
export type ScriptRan = z.infer<typeof ScriptRan>;
/** Of the clock that a state script reads: its instant is up to so many nanoseconds after its stamp. */
export const SCRIPT_STAMP_STEP_NS = 10_000_000;

const EventLogged = z
  .strictObject({
    kind: z.literal('logged'),
    ...at,
    node: name,
    reading: z.string().describe('Which reading of the log.'),
    index: z.number().describe('The line’s place in it, from 0.'),
    readNs: z.number().describe('When the line was read.'),
    text: z.string().describe('As it was printed.'),
  })
  .describe(
    'A line of a load balancer’s own event log, which is itself under test: atNs is the instant that it claims.',
  );
export type EventLogged = z.infer<typeof EventLogged>;

const Counted = z
  .strictObject({
    kind: z.literal('counted'),
    ...at,
    node: name,
    what: z.string().describe('What was counted: `refused heartbeats`.'),
    counts: z.record(z.string(), z.number()).describe('Since the beginning of whoever counts, by name.'),
  })
  .describe(
    'Numbers that were asked for: of a requirement that is about the counting itself, or of a fault that is told by its count.',
  );
export type Counted = z.infer<typeof Counted>;

const DropsRead = z
  .strictObject({
    kind: z.literal('drops'),
    ...at,
    node: name,
    life: z.string().describe('Which start of the daemon was asked.'),
    anew: z.boolean().describe('Its counting began with that start; else it goes on from an earlier one.'),
    counts: z.record(z.string(), z.number()).describe('Packets since the counting began, by cause.'),
    last: z
      .literal(true)
      .exactOptional()
      .describe('Right after that the daemon was asked to end, or its node lost its power.'),
  })
  .describe('What a load balancer says that its data path has dropped.');
export type DropsRead = z.infer<typeof DropsRead>;

const StoodStill = z
  .strictObject({ kind: z.literal('standstill'), ...at, ...until })
  .describe(
    'The machine kept its processors from everybody, urgent threads included. It may have begun up to 4 ms later.',
  );
export type StoodStill = z.infer<typeof StoodStill>;

const Starved = z
  .strictObject({
    kind: z.literal('starved'),
    ...at,
    ...until,
    node: name,
    forNs: z.number().describe('For so long of that time.'),
  })
  .describe(
    'Programs of the node could run, and none of them was given a processor: others had them (Linux, pressure stall information, `full`). Of all nodes, or in a large lab of the load balancers and firewalls, the one that waited longest; nothing is said of a time in which the machine stood still.',
  );
export type Starved = z.infer<typeof Starved>;

const Watched = z
  .strictObject({
    kind: z.literal('watched'),
    ...at,
    what: z.enum(['frames', 'addresses', 'neighbours', 'probes']),
    where: z.string().describe('LAN or node.'),
    ...until,
    missed: z
      .number()
      .describe(
        'Number of events known to be lost, by the kernel’s count (for addresses and neighbours: of both, which come by one socket).',
      ),
  })
  .describe('Proof of watching: what was watched, from when until when, and how much was missed.');
export type Watched = z.infer<typeof Watched>;

/** A line of a history's file, decoded to what is in memory. */
export const HistoryLine = z
  .discriminatedUnion('kind', [
    FrameSeen,
    AddressChanged,
    NeighbourChanged,
    Acted,
    TestMarked,
    ProbeEnded,
    RequestServed,
    CensusTaken,
    ScriptRan,
    EventLogged,
    Counted,
    DropsRead,
    StoodStill,
    Starved,
    Watched,
  ])
  .meta({ title: 'A line of history.jsonl but the first, of version 2' });
export type HistoryEvent = z.infer<typeof HistoryLine>;
