import t from 'tap';
import { parseConfig } from '../config/load.ts';
import { DEFAULT_TIMEOUTS } from '../datapath/specification/timeouts.ts';
import { keepUntilRemoved } from '../datapath/tables/tables.ts';
import { desire, type Seen } from './desired.ts';
import { verdictKey } from './health.ts';
import { poolsOf } from './pools.ts';
import { openSelections } from './selections.ts';

const text = (nlbs: string) => `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: ${nlbs}
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10, 203.0.113.11]
servers:
  - { name: a, address: 10.77.2.21 }
  - { name: b, address: 10.77.2.22 }
services:
  - { name: http, address: 203.0.113.10, protocol: tcp, port: 80 }
  - { name: echo, address: 203.0.113.10, protocol: udp, port: 7 }
  - { name: time, address: 203.0.113.11, protocol: udp, port: 123, servers: [b] }
`;
const config = parseConfig(text('10.77.1.100'), 'nlb.yaml');
const ids = new Map([
  ['a', 4],
  ['b', 7],
]);
type Healthy = { a?: boolean; b?: boolean | undefined };
function seen(healthy: Healthy, known = ['10.77.2.21', '10.77.2.22'], of = config): Seen {
  const [pools, selected] = [poolsOf(of, ids), openSelections()];
  const hardware = new Map(known.map((address) => [address, { mac: `mac of ${address}`, seenMs: 0 }]));
  const verdicts = new Map(
    Object.entries(healthy).map(([name, ok]) => [
      verdictKey('http', name),
      ok === undefined ? undefined : { healthy: ok, contrary: 0 },
    ]),
  );
  selected.use(pools);
  selected.located(hardware);
  selected.work(verdicts, Number.POSITIVE_INFINITY);
  return { ids, pools, hardware, selected };
}
/** Numbers of the servers in the selection table of each service. */
const selected = (what: Seen) =>
  desire(config, what).tables.services.map(({ slots }) => [...new Set(slots)].sort((x, y) => x - y));

t.test('a service is served by the servers that pass its check and have a hardware address', async (t) => {
  const both = [[4, 7], [4, 7], [7]];
  t.same(selected(seen({ a: true, b: true })), both);
  t.same(
    selected(seen({ a: true, b: false })),
    [[4], [4], [-1]],
    'no check of its own: all checks of the server count',
  );
  t.same(selected(seen({ a: true, b: undefined })), [[4], [4], [-1]], 'no verdict yet');
  t.same(selected(seen({ a: true, b: true }, ['10.77.2.21'])), [[4], [4], [-1]], 'no hardware address');
});

t.test('a server that fails its checks keeps its connections; one without a hardware address is gone', async (t) => {
  const failing = desire(config, seen({ a: true, b: false }));
  t.match(failing.tables.servers, [
    { id: 4, address: '10.77.2.21', kept: true, mac: 'mac of 10.77.2.21' },
    { id: 7, address: '10.77.2.22', kept: true, mac: 'mac of 10.77.2.22' },
  ]);
  t.same(failing.serving, new Set(['10.77.2.21']));
  const gone = desire(config, seen({ a: true, b: true }, ['10.77.2.21']));
  t.match(gone.tables.servers[1], { id: 7, kept: false });
  t.same(gone.serving, new Set(['10.77.2.21']));
  const staying = keepUntilRemoved(gone.tables.servers, failing.tables.servers);
  t.same(staying, failing.tables.servers, 'until no slot names it');
});

t.test('where all its checks say that connections move, a server that fails all of them is gone', async (t) => {
  const [http = '', more] = [
    'tcp, port: 80, check: { onFailure: move } }',
    '\n  - { name: more, address: 203.0.113.10, protocol: tcp, port: 81, check: { onFailure: keep } }',
  ];
  const moving = parseConfig(text('10.77.1.100').replace('tcp, port: 80 }', http), 'nlb.yaml');
  const mixed = parseConfig(text('10.77.1.100').replace('tcp, port: 80 }', http + more), 'nlb.yaml');
  const kept = (of: typeof config, healthy: Healthy) =>
    desire(of, seen(healthy, undefined, of)).tables.servers.map((server) => server.kept);
  t.same(kept(moving, { a: true, b: false }), [true, false]);
  t.same(kept(moving, { a: true, b: undefined }), [true, true], 'no verdict yet');
  t.same(kept(mixed, { a: true, b: false }), [true, true], 'another check says that they stay');
});

t.test('what the configuration says of servers and services is shown', async (t) => {
  const changed = parseConfig(
    text('10.77.1.100')
      .replace('10.77.2.21 }', '10.77.2.21, draining: true }')
      .replace(
        '{ interface: server, address: 10.77.2.11 }',
        '{ interface: server, address: 10.77.2.11, furtherInterfaces: [other] }',
      )
      .replace('10.77.2.22 }', '10.77.2.22, interface: other }')
      .replace('port: 7 }', 'port: any, persistence: { prefix: 24, timeoutMs: 5000 } }')
      .replace('services:', 'timeouts: { establishedMs: 1234 }\nservices:'),
    'nlb.yaml',
  );
  const { tables } = desire(changed, seen({ a: true, b: true }, undefined, changed));
  t.match(tables.servers, [
    { id: 4, kept: true, device: 'server' },
    { id: 7, kept: true, device: 'other' },
  ]);
  t.match(tables.services[1], { port: 0, persistence: { prefix: 24, timeoutMs: 5000 } });
  t.notOk('persistence' in (tables.services[0] ?? {}));
  t.same(new Set(tables.services[0]?.slots), new Set([7]), 'nothing new for the server that is draining');
  t.equal(tables.timeouts.establishedMs, 1234);
  t.same(desire(config, seen({})).tables.timeouts, DEFAULT_TIMEOUTS);
});

t.test('cluster addresses are wanted on the loopback, but never the one that is the NLBS address', async (t) => {
  t.same(desire(config, seen({})).loopback, ['203.0.113.10', '203.0.113.11']);
  const priorArt = parseConfig(text('203.0.113.10'), 'nlb.yaml');
  t.same(desire(priorArt, seen({}, undefined, priorArt)).loopback, ['203.0.113.11']);
});
