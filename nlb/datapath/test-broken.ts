import { type Arrival, type Decision, forward } from './forward.ts';
import type { Knowledge } from './knowledge.ts';

/** Support for the differential test: specifications that are wrong in one thing each, which it must find out. */

const FOREVER_NS = 2n ** 63n;

const knowing =
  (change: (known: Knowledge, arrival: Arrival) => Partial<Knowledge>): typeof forward =>
  (arrival, known) =>
    forward(arrival, { ...known, ...change(known, arrival) });

const deciding =
  (change: (decision: Decision, arrival: Arrival, known: Knowledge) => Partial<Decision>): typeof forward =>
  (arrival, known) => {
    const decision = forward(arrival, known);
    return { ...decision, ...change(decision, arrival, known) };
  };

export const broken: Record<string, typeof forward> = {
  'forwards for ever': knowing(({ lease }) => ({ lease: { ...lease, forwardUntilNs: FOREVER_NS } })),
  'answers for ever': knowing(({ lease }) => ({ lease: { ...lease, answerUntilNs: FOREVER_NS } })),
  'a lease lasts to the end of its last nanosecond': (arrival, known) =>
    forward({ ...arrival, nowNs: arrival.nowNs - 1n }, known),
  'remembers no connection': knowing(({ kept }) => ({ kept: { ...kept, connections: new Map() } })),
  'writes no connection down': deciding(() => ({ writes: [] })),
  'forwards without the server’s hardware address': deciding((_, { frame }) => ({ frame })),
  'takes what is not to its hardware address': (arrival, known) => {
    const to = known.told.ports.find(({ ifindex }) => ifindex === arrival.ifindex)?.mac.replaceAll(':', '') ?? '';
    const frame = Buffer.concat([Buffer.from(to, 'hex'), arrival.frame.subarray(6)]);
    const decision = forward({ ...arrival, frame }, known);
    return decision.outcome.startsWith('FORWARDED') ? decision : { ...decision, frame: arrival.frame };
  },
  'forgets a server’s address': knowing(({ told, kept }) => ({
    kept: {
      ...kept,
      connections: new Map(
        [...kept.connections].map(([name, connection]) => {
          const serverAddress = told.servers.get(connection.server)?.address ?? connection.serverAddress;
          return [name, { ...connection, serverAddress }];
        }),
      ),
    },
  })),
};
