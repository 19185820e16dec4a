import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { openDatapath } from '../datapath.ts';
import { bytesOf, IP, TO_US, UDP } from '../kit/frames.ts';
import { CLUSTER, expireAll, holdLease, makeInterfaces, options, pinDirectory, tables } from '../kit/rig.ts';
import { establish, FOREVER_NS, type Scope, segment, send } from '../kit/send.ts';
import type { Exception } from '../specification/knowledge.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const [WEB, DNS] = [`tcp ${CLUSTER}:80`, `udp ${CLUSTER}:53`];
const ELSEWHERE = { server: 0, serverAddress: '10.77.2.20', isSettled: true } as Exception;
const datagram = (port: number): Buffer => {
  const frame = bytesOf(`${TO_US} ${IP} ${UDP}`);
  frame.writeUInt16BE(port, 34);
  return frame;
};
/** Nothing came after it that it could have given way to. */
const LAST_HALF_OPEN = 1100;
const flowFrom = (sourcePort: number) =>
  ({ protocol: 6, source: '198.51.100.2', sourcePort, destination: CLUSTER, destinationPort: 80 }) as Parameters<
    ReturnType<typeof openDatapath>['knowledgeOf']
  >[0];

/** 200 proven connections, 100 of each protocol, 100 half-open ones, a client that stays on its server, and an exception. */
function openFilled(t: Scope) {
  const wanted = { ...tables(), services: tables().services.map((service) => ({ ...service, persistence })) };
  const datapath = openDatapath({ ...options(pinDirectory(t)), maxExceptions: 100, mode: 'xdp', first: wanted });
  t.teardown(() => datapath.remove());
  holdLease(datapath.leaseFd, FOREVER_NS);
  for (let port = 1; port <= 100; port++) {
    establish(datapath, port);
    for (let time = 0; time < 2; time++) send(datapath, 'xdp', datagram(port));
    send(datapath, 'xdp', segment(1000 + port, 'syn'));
  }
  const heldFlows = datapath.heldFlows?.();
  if (!heldFlows) throw new Error('this data path holds nothing');
  heldFlows.exceptions.put(flowFrom(1), ELSEWHERE);
  const active = () => {
    const { servers, services } = datapath.tallies();
    return [servers.get(0), servers.get(1), services.get(DNS), services.get(WEB)].map((tally) => tally?.active);
  };
  return { datapath, heldFlows, wanted, active };
}

const persistence = { timeoutMs: 60_000, prefix: 32 };

t.test(
  'all connections and affinities are forgotten and counted as ended; exceptions and selections stay',
  async (t) => {
    const { datapath, heldFlows, wanted, active } = openFilled(t);
    t.same(active(), [100n, 100n, 100n, 100n]);
    const known = () => datapath.knowledgeOf(flowFrom(LAST_HALF_OPEN)).flowTables;
    t.same([known().halfOpen.size, known().affinities.size], [1, 1]);
    t.ok(datapath.connectionCount() > 250, 'a half-open one may have given way to another');

    for (const _ of heldFlows.forget());
    t.equal(datapath.connectionCount(), 0);
    t.same([known().halfOpen.size, known().affinities.size], [0, 0]);
    t.same(active(), [0n, 0n, 0n, 0n]);
    t.match(
      [datapath.tableCount('connections'), datapath.tableCount('udpFlows')],
      [{ removed: 100n }, { removed: 100n }],
    );
    t.same(heldFlows.exceptions.find(flowFrom(1)), ELSEWHERE);
    t.same(datapath.actual(), wanted);
    t.equal(heldFlows.hasEntry(flowFrom(1)), false);

    t.equal(expireAll(datapath), 0);
    t.same(active(), [0n, 0n, 0n, 0n], 'expiry finds nothing to correct');
    t.equal(send(datapath, 'xdp', segment(1, 'syn')).out.readUInt8(5), 0x20, 'a flow goes to its exception’s server');
    t.equal(send(datapath, 'xdp', segment(2, 'syn')).out.readUInt8(5), 0x21);
  },
);

t.test('each connection is counted as ended once, also where a pass of expiry goes on beside', async (t) => {
  const { datapath, heldFlows, active } = openFilled(t);
  const { timeouts } = datapath.actual();
  datapath.apply({ ...datapath.actual(), timeouts: { ...timeouts, establishedMs: 0 } });
  const [expiry, forgetting] = [datapath.expireConnections(), heldFlows.forget()];
  forgetting.next();
  expiry.next();
  for (const _ of forgetting);
  for (const _ of expiry);
  t.equal(datapath.connectionCount(), 0);
  t.same(active(), [0n, 0n, 0n, 0n]);
  t.match(
    [datapath.tableCount('connections'), datapath.tableCount('udpFlows')],
    [{ removed: 100n }, { removed: 100n }],
  );
});
