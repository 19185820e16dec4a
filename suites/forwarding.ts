import { openUdpFlows, PORTS_AGAIN, requestHttp } from '../harness/act/everyday.ts';
import { echoRequest, packetForCluster, replyOfCluster } from '../harness/act/inject.ts';
import type { Scene } from '../harness/act/scene.ts';
import { probesEnded, reach, receivedForCluster, receivedFromServer } from '../harness/act/waits.ts';
import { dropsCounted } from '../harness/check/drops-counted.ts';
import {
  destinationIsServer,
  droppedPort,
  onlyHardwareAddressesChanged,
  passesUnchanged,
} from '../harness/check/forwarding.ts';
import { noNewFlowTo } from '../harness/check/new-flows.ts';
import { echoesAnswered } from '../harness/check/own-traffic.ts';
import type { PacketPattern } from '../harness/check/packet-pattern.ts';
import { exceptPortsOf, noneLost, ofFlowsBegun } from '../harness/check/probes.ts';
import { acceptedByOne, oneServerPerFlow } from '../harness/check/selection.ts';
import { standbySilent } from '../harness/check/standby.ts';
import { startServer } from '../harness/lab/populate.ts';
import { readDrops } from '../harness/lab/read-drops.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

const REQUESTS = 60;
const FLOWS = 30;
const UDP_PER_SECOND = 100;
/** Of each message at least two packets are as long as the links carry. */
const LONG = { count: 2, intervalMs: 100, payloadBytes: 4000 };
const MTU = 1500;
const INJECTED = 20;
/** A packet that came in leaves within this, or never. */
const PASS_WITHIN_MS = 200;
/** The labs' check: every 500 ms, a time limit of 400 ms, out after two failures. */
const DETECTED_MS = 2000;
/** The bound ends as much later as the machine stood still until then; of what begins after that much more, enough is judged. */
const MARGIN_MS = 700;
/** A port that no topology serves. */
const UNSERVED_PORT = 81;
/** Locally administered, and nobody's: a switch floods frames to it. */
const NOBODYS_MAC = '02:ff:ff:ff:ff:ff';

const services = (scene: Scene) => scene.lab.plan.services.map(({ name }) => scene.service(name));

/** Packets of the services that are as long as links carry. */
const isLong = (scene: Scene): PacketPattern => ({ services: services(scene), bytes: MTU });

/** HTTP requests, and connections and datagram flows of many messages each, until each has had some, of any length. */
async function mixedTraffic(scene: Scene, node: LabNode): Promise<void> {
  const sinceNs = scene.nowNs();
  const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
  const long = await scene.client.startTcpFlows({ target: scene.target('echo'), ...LONG });
  const datagrams = await scene.client.startUdpProbes({
    target: scene.target('echo-udp'),
    perSecond: 300,
    sourcePorts: FLOWS,
  });
  await requestHttp(scene, REQUESTS);
  await probesEnded(flows, 3 * FLOWS);
  await reach(scene, node.name, isLong(scene), 2 * LONG.count, sinceNs);
  await probesEnded(datagrams, 3 * FLOWS);
  await Promise.all([flows.stop(), long.stop(), datagrams.stop()]);
}

/** Sends packets for the cluster straight to a hardware address on the access LAN, past the firewalls' filter. */
function injectForCluster(scene: Scene, to: string, protocol: 'tcp' | 'udp', port: number): void {
  for (let count = 0; count < INJECTED; count++) {
    scene.inject('fw1', 'access', packetForCluster(scene, { from: 'fw1', to, protocol, port }, 40_000 + count));
  }
}

/** A server sends the node requests for the cluster, and replies of the cluster to the client, as if its route led there. */
function injectByServerSide(scene: Scene, node: string): void {
  const [server] = scene.servers;
  if (!server) throw new Error('the lab has no server');
  const at = { from: server.name, leg: 'server', to: scene.mac(node, 'server') };
  for (const name of ['http', 'echo-udp']) {
    const { protocol, port } = scene.service(name);
    for (let count = 0; count < INJECTED; count++) {
      const request = packetForCluster(scene, { ...at, protocol, port }, 41_000 + count);
      scene.inject(server.name, 'server', request);
      scene.inject(server.name, 'server', replyOfCluster(scene, { ...at, protocol, port }, 42_000 + count));
    }
  }
}

export default await suite(
  import.meta,
  'packets pass with nothing changed but hardware addresses, and replies bypass the load balancers',
  { topologies: ['invention', 'invention-flat'], everywhere: true, thorough: 'elsewhere', seconds: 9 },
  {
    'a forwarded packet keeps every byte from its IP header on, and reaches one server': {
      proves: [
        'FWD-1 TCP',
        'FWD-1 UDP',
        'FWD-2 TCP',
        'FWD-2 UDP',
        'FWD-4 by the logs of the servers',
        'FWD-5 under traffic',
        'FWD-7 TCP',
      ],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        await mixedTraffic(scene, active);
        const path = scene.path(active.name);
        return {
          'everything is answered': noneLost({ atLeast: REQUESTS + 6 * FLOWS }),
          'only hardware addresses change': onlyHardwareAddressesChanged({
            path,
            services: services(scene),
            atLeast: REQUESTS + 6 * FLOWS,
            withinMs: PASS_WITHIN_MS,
          }),
          'those too that are as long as the links carry': passesUnchanged({
            path,
            meant: isLong(scene),
            atLeast: 2 * LONG.count,
            withinMs: PASS_WITHIN_MS,
          }),
          'the destination is a server’s hardware address': destinationIsServer({
            path,
            services: services(scene),
            serverMacs: scene.serverMacs,
          }),
          'by the servers’ logs, one server accepts each connection': acceptedByOne({
            target: scene.target('echo'),
            servers: scene.servers.map(({ name }) => name),
            atLeast: FLOWS,
          }),
          'each connection stays on its server': oneServerPerFlow({ atLeast: 2 * FLOWS }),
        };
      },
    },
    'the standby forwards nothing, whether frames are flooded to it or sent to it': {
      proves: ['FWD-3', 'FWD-10 a standby'],
      drops: [
        { cause: 'flooded', why: 'frames for nobody are flooded to both', atMost: 2 * INJECTED },
        {
          cause: 'server side',
          why: 'and where one LAN carries both sides, to their server sides',
          atMost: 2 * INJECTED,
        },
        { cause: 'no lease', why: 'packets for the cluster are sent to the standby', atMost: INJECTED },
      ],
      run: async (scene) => {
        const { standby } = await scene.lab.pair();
        const { port } = scene.service('echo-udp');
        const fromNs = scene.nowNs();
        injectForCluster(scene, NOBODYS_MAC, 'udp', port);
        injectForCluster(scene, scene.mac(standby.name, 'access'), 'udp', port);
        await receivedForCluster(scene, standby.name, 2 * INJECTED, fromNs);
        const silent = (reached: 'flooded' | 'addressed') =>
          standbySilent({
            clusterAddress: scene.cluster,
            access: scene.port(standby.name, 'access'),
            mac: scene.mac(standby.name, 'access'),
            ports: scene.ports('nlb').filter(({ node }) => node === standby.name),
            reached,
            atLeast: INJECTED,
          });
        return { 'flooded frames': silent('flooded'), 'frames for its own hardware address': silent('addressed') };
      },
    },
    'what comes by the server’s side goes no further, neither requests nor replies': {
      proves: ['ROUTE-4 requests and replies sent to its server side'],
      breaks: [
        {
          invariant: 'replies bypass',
          why: 'replies of servers are sent to the load balancers, to see that they go no further',
        },
      ],
      drops: [
        {
          cause: 'server side',
          why: 'requests of two services are sent to the server side of both',
          atMost: 4 * INJECTED,
        },
      ],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const nodes = [active.name, standby.name];
        const fromNs = scene.nowNs();
        for (const node of nodes) injectByServerSide(scene, node);
        for (const node of nodes) await receivedFromServer(scene, node, 4 * INJECTED, fromNs);
        return Object.fromEntries(
          nodes.map((node) => [
            `${node} sends none of it on, and says nothing to it`,
            standbySilent({
              clusterAddress: scene.cluster,
              access: scene.port(node, 'server'),
              mac: scene.mac(node, 'server'),
              ports: scene.ports('nlb').filter((port) => port.node === node),
              reached: 'addressed',
              atLeast: 2 * INJECTED,
            }),
          ]),
        );
      },
    },
    'what is for a port that is not served goes no further, and what is for the node itself is untouched': {
      proves: ['FWD-9 TCP port not served', 'FWD-9 UDP port not served', 'FWD-9 its own address'],
      needs: ['drops'],
      drops: [
        {
          cause: 'not served',
          why: 'packets of TCP and UDP are sent to a port without a service',
          atMost: 2 * INJECTED,
        },
      ],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const mac = scene.mac(active.name, 'access');
        const address = scene.address(active.name, 'access');
        await readDrops(scene.lab, scene.recorder);
        const fromNs = scene.nowNs();
        injectForCluster(scene, mac, 'tcp', UNSERVED_PORT);
        injectForCluster(scene, mac, 'udp', UNSERVED_PORT);
        for (let sequence = 1; sequence <= INJECTED; sequence++) {
          scene.inject('fw1', 'access', echoRequest(scene, { node: 'fw1', leg: 'access' }, { address, mac }, sequence));
        }
        await receivedForCluster(scene, active.name, 2 * INJECTED, fromNs);
        await readDrops(scene.lab, scene.recorder);
        const dropped = (protocol: 'tcp' | 'udp') =>
          droppedPort({
            path: scene.path(active.name),
            unserved: { address: scene.cluster, protocol, port: UNSERVED_PORT },
            atLeast: INJECTED,
          });
        return {
          TCP: dropped('tcp'),
          UDP: dropped('udp'),
          'both are counted': dropsCounted({ node: active.name, atLeast: 2 * INJECTED }),
          'a ping of the node’s own address is answered': echoesAnswered({
            port: scene.port(active.name, 'access'),
            address,
            atLeast: INJECTED,
            withinMs: PASS_WITHIN_MS,
          }),
        };
      },
    },
    'a server that has failed gets no new connection and no new flow of datagrams': {
      proves: ['FWD-6 connections to a dead server', 'FWD-6 datagrams to a dead server'],
      needs: ['healthChecks'],
      run: async (scene) => {
        await scene.lab.pair();
        await requestHttp(scene, REQUESTS);
        const earlier = await openUdpFlows(scene, FLOWS, UDP_PER_SECOND);
        const [victim] = scene.servers;
        if (!victim) throw new Error('the lab has no server');
        await scene.act('kill the server', victim.name, () => victim.killAll());
        const struckNs = scene.nowNs();
        while (!scene.isPast(struckNs, DETECTED_MS + MARGIN_MS)) await requestHttp(scene, 5, 5);
        const detectedNs = scene.nowNs();
        await requestHttp(scene, REQUESTS + PORTS_AGAIN);
        const later = await openUdpFlows(scene, FLOWS + PORTS_AGAIN, UDP_PER_SECOND);
        await Promise.all([earlier.stop(), later.stop()]);
        await scene.act('start the server', victim.name, () => startServer(scene.lab.plan, victim));
        return {
          'no later connection is sent there': noNewFlowTo({
            ...scene.forwardedTo(victim.name, 'http'),
            after: { what: 'kill the server', node: victim.name },
            detectedMs: DETECTED_MS,
            atLeast: REQUESTS,
          }),
          'and no later flow of datagrams': noNewFlowTo({
            ...scene.forwardedTo(victim.name, 'echo-udp'),
            after: { what: 'kill the server', node: victim.name },
            detectedMs: DETECTED_MS,
            atLeast: FLOWS,
          }),
          'all later requests are answered': exceptPortsOf(
            victim.name,
            ofFlowsBegun(detectedNs, noneLost({ protocol: 'http', atLeast: REQUESTS })),
          ),
          'and all later datagrams': ofFlowsBegun(detectedNs, noneLost({ protocol: 'udp', atLeast: FLOWS })),
        };
      },
    },
  },
);
