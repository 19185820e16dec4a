import t from 'tap';
import { parseConfig } from '../config/load.ts';
import type { Datapath } from '../datapath/datapath.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import type { Address } from '../datapath/specification/address.ts';
import { configuredBy, NO_PEER } from '../datapath/specification/knowledge.ts';
import { openLedger } from '../datapath/specification/ledger.ts';
import { DEFAULT_LIMITS } from '../datapath/specification/limits.ts';
import { DEFAULT_TIMEOUTS } from '../datapath/specification/timeouts.ts';
import type { KnownConnection } from '../datapath/tables/entries.ts';
import { NO_HEARTBEAT, type ServerEntry } from '../datapath/tables/tables.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { openInspection } from './inspection.ts';
import { showConnection, showCounters, showTrace } from './show-inspection.ts';

const config = parseConfig(
  `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10]
servers: [{ name: a, address: 10.77.2.21 }, { name: b, address: 10.77.2.22 }]
services:
  - { name: http, address: 203.0.113.10, protocol: tcp, port: 80 }
  - { name: echo, address: 203.0.113.10, protocol: udp, port: 7 }
`,
  'nlb.yaml',
);
const servers: ServerEntry[] = [
  { id: 4, address: '10.77.2.21', mac: '02:00:00:00:00:21', kept: true },
  { id: 7, address: '10.77.2.22', mac: '02:00:00:00:00:22', kept: true },
];
const HTTP = 'tcp 203.0.113.10:80';

/** Of client 198.51.100.NUMBER, alternately at the two servers; the last one at a server that there is no more. */
function connectionsOf(count: number): KnownConnection[] {
  return Array.from({ length: count }, (_, number) => {
    const server = number === count - 1 ? 9 : number % 2 === 0 ? 4 : 7;
    const serverAddress = { 4: '10.77.2.21', 7: '10.77.2.22', 9: '10.77.2.29' }[server] as Address;
    return {
      flow: {
        protocol: 6,
        source: `198.51.100.${number % 250}` as Address,
        destination: '203.0.113.10' as Address,
        sourcePort: 1000 + number,
        destinationPort: 80,
      },
      connection: {
        seenNs: monotonicNs() - 5_000_000n,
        server,
        serverAddress,
        service: HTTP,
        state: 'established' as const,
      },
    };
  });
}

function inspection(known: KnownConnection[] = connectionsOf(5)) {
  const none = { packets: 0n, bytes: 0n };
  const tally = { packets: 3n, bytes: 180n, opened: 1n, active: 1n };
  const slots = new Int32Array(CONSTANTS.SELECTION_SLOTS).fill(7);
  const tables = {
    nlbs: '10.77.1.100',
    heartbeat: NO_HEARTBEAT,
    timeouts: DEFAULT_TIMEOUTS,
    limits: DEFAULT_LIMITS,
    clusterAddresses: ['203.0.113.10'],
    servers,
    services: [{ address: '203.0.113.10', protocol: 'tcp' as const, port: 80, slots }],
  };
  const interfaces = [
    { device: 'server', ifindex: 3, mac: '02:00:00:00:00:02', mtu: 1500, roles: CONSTANTS.ROLE_SERVER },
    { device: 'access', ifindex: 2, mac: '02:00:00:00:00:01', mtu: 1500, roles: CONSTANTS.ROLE_ACCESS },
  ];
  const { flowTables } = openLedger();
  const until = monotonicNs() + 60_000_000_000n;
  const datapath = {
    outcomes: () => ({ FORWARDED_NEW: { packets: 3n, bytes: 180n }, DROPPED_NO_LEASE: none }),
    unsent: () => ({ packets: 2n }),
    tableCount: (table: string) => ({ ...COUNT, ...(table === 'connections' && { entered: 9n, evicted: 2n }) }),
    tallies: () => ({ servers: new Map([[4, tally]]), services: new Map([[HTTP, tally]]) }),
    *connections() {
      for (let at = 0; at < known.length; at += 2) yield known.slice(at, at + 2);
    },
    knowledgeOf: () => ({
      configured: configuredBy(tables, interfaces),
      lease: { answerUntilNs: until, forwardUntilNs: until },
      peer: NO_PEER,
      flowTables,
    }),
  };
  return openInspection({ config: () => config, datapath: datapath as unknown as Datapath, servers: () => servers });
}

const COUNT = { entered: 0n, limited: 0n, refused: 0n, removed: 0n, evicted: 0n };

async function rowsOf<Row, End>(rows: AsyncGenerator<Row, End>) {
  const all: Row[] = [];
  for (;;) {
    const { done, value } = await rows.next();
    if (done) return { all, end: value };
    all.push(value);
  }
}

t.test('counters go by the names of the configuration', async (t) => {
  const counters = inspection().counters();
  t.match(counters, {
    outcomes: [{ name: 'FORWARDED_NEW', packets: 3, bytes: 180 }, { name: 'DROPPED_NO_LEASE' }],
    unsent: { packets: 2 },
    services: [{ name: 'http', packets: 3, bytes: 180, opened: 1, active: 1 }],
    servers: [{ name: 'a', packets: 3 }],
    tables: [{ name: 'TCP connections', entered: 9, evicted: 2 }, { name: 'UDP flows' }, {}, {}, {}, {}],
  });
  t.equal(
    showCounters(counters),
    `outcome        packets  bytes
FORWARDED_NEW        3    180

not sent  2 of the packets forwarded

service  packets  bytes  new  active
http           3    180    1       1

server  packets  bytes  new  active
a             3    180    1       1

table                  entered  limited  refused  removed  evicted
TCP connections              9        0        0        0        2
UDP flows                    0        0        0        0        0
half-open connections        0        0        0        0        0
clients                      0        0        0        0        0
fragments                    0        0        0        0        0
unproven fragments           0        0        0        0        0`,
  );
});

t.test('connections are listed, all of them or those of a server or a client, as many as are wanted', async (t) => {
  const { all, end } = await rowsOf(inspection().connections({}));
  t.same(end, { more: false });
  t.same(
    all.map(({ server }) => server),
    ['a', 'b', 'a', 'b', '10.77.2.29'],
  );
  t.match(all[0], {
    protocol: 'tcp',
    client: '198.51.100.0:1000',
    to: '203.0.113.10:80',
    service: 'http',
    state: 'established',
  });
  t.ok((all[0]?.silentMs ?? 0) >= 5);
  const some = await rowsOf(inspection().connections({ server: 'b' }));
  t.same(
    some.all.map(({ client }) => client),
    ['198.51.100.1:1001', '198.51.100.3:1003'],
  );
  t.same((await rowsOf(inspection().connections({ client: '198.51.100.2' }))).all.length, 1);
  t.match(await rowsOf(inspection().connections({ limit: 2 })), { all: { length: 2 }, end: { more: true } });
  t.match(await rowsOf(inspection().connections({ limit: 5 })), { all: { length: 5 }, end: { more: false } });
  if (all[0])
    t.match(showConnection(all[0]), /^tcp 198.51.100.0:1000 +203.0.113.10:80 +a +established +silent \d+ ms$/);
});

t.test('a trace says what would become of a packet to each service', async (t) => {
  const { all: traces } = await rowsOf(inspection().trace({ client: '198.51.100.10', port: 4711 }));
  t.match(traces, [
    { outcome: 'FORWARDED_NEW', server: { name: 'b', address: '10.77.2.22', mac: '02:00:00:00:00:22' } },
    { packet: 'udp 198.51.100.10:4711 > 203.0.113.10:7, a datagram', outcome: 'DROPPED_NOT_SERVED' },
  ]);
  t.equal((await rowsOf(inspection().trace({ client: '198.51.100.10', port: 4711, service: 'echo' }))).all.length, 1);
  t.equal(traces[0]?.because[1], 'tcp port 80 is served, by http', 'as the operator calls it');
  const [text = ''] = traces.map(showTrace);
  t.match(text, /^tcp 198\.51\.100\.10:4711 > 203\.0\.113\.10:80, SYN\n {2}203\.0\.113\.10 is a cluster address\n/);
  t.match(text, /: b \(10\.77\.2\.22\)\n {2}FORWARDED_NEW → b, 10\.77\.2\.22 at 02:00:00:00:00:22$/);
});

t.test('a parameter that is wrong is named', async (t) => {
  const { connections, trace } = inspection();
  t.throws(() => connections({ server: 'c' }), /there is no server "c"; there are a, b/);
  t.throws(() => connections({ client: '1.2.3' }), /client: "1\.2\.3" is not an IPv4 address/);
  t.throws(() => connections({ limit: 0 }), /limit: /);
  t.throws(() => trace({ client: '198.51.100.10', port: 70_000 }), /port: /);
  t.throws(() => trace({ port: 1 }), /client: /);
  t.throws(
    () => trace({ client: '198.51.100.10', port: 1, service: 'ftp' }),
    /there is no service "ftp"; there are http, echo/,
  );
});
