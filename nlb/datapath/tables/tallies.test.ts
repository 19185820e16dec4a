import t from 'tap';
import { monotonicNs } from '../../kernel/clock.ts';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { findInterfaces } from '../attach/interfaces.ts';
import type { Datapath } from '../datapath.ts';
import { bytesOf, IP, TO_US, UDP } from '../kit/frames.ts';
import { CLUSTER, expireAll, MAC, makeInterfaces, options, tables } from '../kit/rig.ts';
import { establish, FOREVER_NS, openLeased, send } from '../kit/send.ts';
import { CONSTANTS } from '../program/layout.ts';
import type { Address } from '../specification/address.ts';
import { configuredBy } from '../specification/knowledge.ts';
import { trace } from '../specification/trace.ts';
import { packetOf } from '../specification/trace-packet.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

t.test('flows spread over the slots as their hash says', async (t) => {
  const datapath = openLeased(t);
  const spread = tables();
  for (const service of spread.services) service.slots = service.slots.map((_, slot) => slot % 2);
  datapath.apply(spread);
  let first = 0;
  const FLOWS = 400;
  for (let port = 1; port <= FLOWS; port++) {
    const frame = bytesOf(`${TO_US} ${IP} ${UDP}`);
    frame.writeUInt16BE(port, 34);
    first += send(datapath, 'xdp', frame).out.readUInt8(5) === 0x20 ? 1 : 0;
  }
  // Binomial with p = 1/2: five standard deviations of 10 either side. The hash is fixed, so this never flickers.
  t.ok(Math.abs(first - FLOWS / 2) < 50, `${first} of ${FLOWS} to server 0`);
});

const active = (datapath: Datapath) => datapath.tallies().services.get('tcp 203.0.113.10:80')?.active;

t.test('each server and each service has its tally', async (t) => {
  const datapath = openLeased(t);
  establish(datapath, 1);
  send(datapath, 'tc', bytesOf(`${TO_US} ${IP} ${UDP}`));
  const none = { packets: 0n, bytes: 0n, opened: 0n, active: 0n };
  const [web, dns] = [
    { packets: 2n, bytes: 108n, opened: 1n, active: 1n },
    { packets: 1n, bytes: 50n, opened: 1n, active: 0n },
  ];
  const { servers, services } = datapath.tallies();
  t.same(
    servers,
    new Map([
      [0, dns],
      [1, web],
    ]),
  );
  t.same(
    services,
    new Map([
      ['udp 203.0.113.10:53', dns],
      ['tcp 203.0.113.10:80', web],
    ]),
  );
  datapath.apply({ ...tables(), servers: [...tables().servers, { id: 5, address: '10.77.2.5', kept: false }] });
  t.same(datapath.tallies().servers.get(5), none);
});

t.test('a pass removes expired connections, and corrects the count of active ones', async (t) => {
  const datapath = openLeased(t);
  const opened = 5000;
  for (let port = 1; port <= opened; port++) establish(datapath, port);
  const { evicted } = datapath.tableCount('connections');
  t.ok(evicted > 0n, `the full table has pushed ${evicted} out`);
  t.equal(active(datapath), BigInt(opened) - evicted);
  t.equal(expireAll(datapath), 0);
  const left = Number(active(datapath));
  t.equal(left, opened - Number(evicted));
  establish(datapath, opened + 1);
  t.equal(expireAll(datapath), 0);
  t.ok(Math.abs(Number(active(datapath)) - left) <= left / 2);
  datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, establishedMs: 0 } });
  const removed = expireAll(datapath);
  t.equal(active(datapath), 0n);
  t.ok(removed > 0, `${removed} removed`);
  t.equal(datapath.connectionCount(), 0);
  establish(datapath, 1);
  t.equal(active(datapath), 1n, 'and counting goes on');
});

t.test('connections can be listed, and looked up by flow', async (t) => {
  const datapath = openLeased(t);
  t.same([...datapath.connections()].flat(), []);
  send(datapath, 'xdp', bytesOf(`${TO_US} ${IP} ${UDP}`));
  establish(datapath, 4711);
  const known = [...datapath.connections()].flat();
  t.equal(known.length, 2);
  for (const { flow, connection } of known) {
    t.match(flow, { source: /^198\.51\.100\./, destination: CLUSTER });
    t.equal(connection.service, `${flow.protocol === 6 ? 'tcp' : 'udp'} ${CLUSTER}:${flow.destinationPort}`);
    t.equal(connection.serverAddress, flow.protocol === 6 ? '10.77.2.21' : '10.77.2.20');
    const { flowTables, configured, lease } = datapath.knowledgeOf(flow);
    t.same([...flowTables.connections.values(), ...flowTables.halfOpen.values()], [connection]);
    const services = tables().services.filter(({ port }) => port === flow.destinationPort);
    t.same(
      configured,
      configuredBy({ ...tables(), services }, findInterfaces(options('')).present),
      'of the services, its own',
    );
    t.equal(lease.forwardUntilNs, FOREVER_NS);
  }
});

const LABELS = { server: String, service: String };

t.test('what a trace says is what the program then does', async (t) => {
  const datapath = openLeased(t);
  const slots = new Int32Array(CONSTANTS.SELECTION_SLOTS).map((_, slot) => slot % 2);
  const persistence = { timeoutMs: 60_000, prefix: 32 };
  datapath.apply({ ...tables(), services: [{ address: CLUSTER, protocol: 'tcp', port: 80, slots, persistence }] });
  const seen = new Set<string>();
  for (let port = 1; port <= 60; port++) {
    const source = `198.51.100.${(port % 20) + 1}` as Address;
    const flow = {
      protocol: 6,
      source,
      destination: CLUSTER as Address,
      sourcePort: port,
      destinationPort: port % 7 === 0 ? 81 : 80,
    };
    for (const kind of ['first', 'next', 'next'] as const) {
      const { outcome, server } = trace(flow, datapath.knowledgeOf(flow), monotonicNs(), LABELS);
      const { counted, out } = send(datapath, 'xdp', packetOf(flow, MAC.access, kind));
      t.same([outcome], counted, `${port}, ${kind}`);
      if (server) t.equal(out.toString('hex', 0, 6), server.mac?.replaceAll(':', ''));
      seen.add(`${outcome} ${server?.id}`);
    }
  }
  t.ok(seen.size >= 5, [...seen].join());
});
