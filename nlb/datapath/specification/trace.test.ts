import t from 'tap';
import type { DatapathInterface } from '../attach/interfaces.ts';
import { CLUSTER, MAC, tables } from '../kit/rig.ts';
import { CONSTANTS } from '../program/layout.ts';
import { held } from '../tables/slot.ts';
import type { SelectedTables } from '../tables/tables.ts';
import type { Address } from './address.ts';
import type { Flow } from './flow.ts';
import {
  type Configured,
  type Connection,
  configuredBy,
  type FlowTables,
  type Knowledge,
  NO_PEER,
} from './knowledge.ts';
import { openLedger } from './ledger.ts';
import { trace } from './trace.ts';

const PORTS: DatapathInterface[] = [
  { device: 'server', ifindex: 3, mac: MAC.server, mtu: 1500, roles: CONSTANTS.ROLE_SERVER },
  { device: 'access', ifindex: 2, mac: MAC.access, mtu: 1500, roles: CONSTANTS.ROLE_ACCESS },
];
const NOW_NS = 10_000_000_000n;
const S_NS = 1_000_000_000n;
const FLOW: Flow = {
  protocol: 6,
  source: '198.51.100.10' as Address,
  destination: CLUSTER as Address,
  sourcePort: 4711,
  destinationPort: 80,
};
const NAME = `6 198.51.100.10:4711 > ${CLUSTER}:80`;
const SERVICE = `tcp ${CLUSTER}:80`;

function knowing({
  tables: wanted = {},
  flowTables = {},
  leaseNs = S_NS,
  exceptions,
}: {
  tables?: Partial<SelectedTables>;
  exceptions?: Configured['exceptions'];
  flowTables?: Partial<FlowTables>;
  leaseNs?: bigint;
}): Knowledge {
  const nothing = openLedger().flowTables;
  return {
    configured: configuredBy({ ...tables(), ...wanted }, PORTS, exceptions),
    lease: { answerUntilNs: 0n, forwardUntilNs: NOW_NS + leaseNs },
    peer: NO_PEER,
    flowTables: { ...nothing, ...flowTables },
  };
}

const traced = (known: Parameters<typeof knowing>[0], flow: Partial<Flow> = {}) =>
  trace({ ...FLOW, ...flow }, knowing(known), NOW_NS, {
    server: ({ id }) => `server ${id}`,
    service: (name) => `service ${name}`,
  });

const established = (more: Partial<Connection> = {}): Map<string, Connection> =>
  new Map([
    [
      NAME,
      {
        seenNs: NOW_NS - S_NS,
        server: 1,
        serverAddress: '10.77.2.21' as Address,
        service: SERVICE,
        state: 'established',
        ...more,
      },
    ],
  ]);

t.test('a first packet is placed by its hash', async (t) => {
  const { packet, outcome, because, server } = traced({});
  t.equal(packet, `tcp 198.51.100.10:4711 > ${CLUSTER}:80, SYN`);
  t.equal(outcome, 'FORWARDED_NEW');
  t.match(because, [
    `${CLUSTER} is a cluster address`,
    `tcp port 80 is served, by service ${SERVICE}`,
    'this node may forward for 1000 ms more',
    'nothing is known of this connection: it is a new one',
    /^by its hash it goes to slot \d+ of 65537: server 1$/,
  ]);
  t.equal(server?.id, 1);
});

t.test('where nothing is forwarded, it names the check that decided', async (t) => {
  t.match(traced({}, { destination: '203.0.113.99' as Address }), {
    outcome: 'PASSED_NOT_OURS',
    because: [/is no cluster address/],
  });
  t.match(traced({}, { destinationPort: 81 }), {
    outcome: 'DROPPED_NOT_SERVED',
    because: [/is a/, /tcp port 81 is not served/],
  });
  t.match(traced({ leaseNs: 0n }), { outcome: 'DROPPED_NO_LEASE', because: [/is a/, /is served/, /holds no lease/] });
  t.match(traced({ tables: { servers: [] } }), { outcome: 'DROPPED_NO_SERVER' });
  t.match(traced({ tables: { servers: [] } }).because.at(-1), /which names no server/);
});

t.test('a connection that is known stays where it is, or says why not', async (t) => {
  const stays = traced({ flowTables: { connections: established() } });
  t.match(stays, { packet: /, ACK$/, outcome: 'FORWARDED_ESTABLISHED', server: { id: 1 } });
  t.match(stays.because.slice(3), [
    'a connection of it is known: established, last seen 1000 ms ago, at server 1',
    'server 1 is not gone, so it stays there',
  ]);
  const [first] = tables().servers;
  const moves = traced({
    tables: {
      servers: first ? [first] : [],
      services: [{ address: CLUSTER, protocol: 'tcp', port: 80, slots: new Int32Array(CONSTANTS.SELECTION_SLOTS) }],
    },
    flowTables: { connections: established() },
  });
  t.match(moves, { outcome: 'FORWARDED_MOVED', server: { id: 0 } });
  t.match(moves.because.slice(4), ['server 1 is gone, so it moves', /by its hash .*: server 0$/]);
  const over = traced({ flowTables: { connections: established({ seenNs: NOW_NS - 10_000n * S_NS }) } });
  t.match(over, { outcome: 'FORWARDED_NEW' });
  t.match(over.because[3], /that is over, and counts as absent/);
  t.match(traced({ flowTables: { halfOpen: established({ state: 'unproven' }) } }), {
    outcome: 'FORWARDED_ESTABLISHED',
  });
});

t.test('a connection that may not enter the table yet is said to be so', async (t) => {
  const entering = new Map([['tcp', NOW_NS] as const]);
  const halfOpen = established({ state: 'unproven' });
  const { outcome, server, because } = traced({ flowTables: { halfOpen, entering } });
  t.match([outcome, server?.id], ['FORWARDED_NOT_ENTERED', 1]);
  t.match(because.at(-1), /as many connections as may have entered/);
});

t.test('where the slot’s server is gone, it says so', async (t) => {
  const gone = { id: 1, address: '10.77.2.21', kept: false };
  const { because, server, outcome } = traced({ tables: { servers: [gone] } });
  t.equal(server, undefined);
  t.equal(outcome, 'DROPPED_NO_SERVER');
  t.match(because.at(-1), /: server 1, which is gone$/);
});

t.test('what is held, and what an exception says, is said to be so', async (t) => {
  const services = tables().services.map((service) => ({ ...service, slots: service.slots.map(held) }));
  const waits = traced({ tables: { services } });
  t.match(waits, { outcome: 'HELD', server: undefined });
  t.match(waits.because.at(-1), /by its hash .*, which is held: the packet waits in user space$/);
  const to = (isSettled: boolean) =>
    new Map([[NAME, { server: 0, serverAddress: '10.77.2.20' as Address, isSettled }]]);
  const goes = traced({ tables: { services }, exceptions: to(true) });
  t.match([goes.outcome, goes.server?.id, goes.because.at(-1)], ['FORWARDED_NEW', 0, 'an exception names server 0']);
  t.match(
    traced({ exceptions: to(false) }).because.at(-1),
    /^an exception names server 0, which cannot be followed yet/,
  );
});

t.test('a client that is kept on a server is said to be', async (t) => {
  const persistence = { timeoutMs: 60_000, prefix: 24 };
  const slots = new Int32Array(CONSTANTS.SELECTION_SLOTS).fill(1).fill(0, 0, 1);
  const services = [{ address: CLUSTER, protocol: 'tcp' as const, port: 80, slots, persistence }];
  const binding = { seenNs: NOW_NS - S_NS, server: 0, serverAddress: '10.77.2.20' as Address };
  const flowTables = { affinities: new Map([[`198.51.100.0 at ${SERVICE}`, binding]]) };
  const { because, server } = traced({ tables: { services }, flowTables });
  t.equal(server?.id, 0);
  t.equal(because.at(-1), 'its client is kept on server 0');
});
