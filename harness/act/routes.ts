import { goesTo } from '../check/next-hop.ts';
import { routesAre } from '../check/routes.ts';
import { between, type Span } from '../check/span.ts';
import { virtualMac } from './everyday.ts';
import type { Scene } from './scene.ts';
import type { Claims } from './suite-test.ts';

/** By which stations packets go, and what the tables say of it. */

const DATAGRAMS = 5;

const firewallsOf = (scene: Scene): string[] => scene.lab.nodes('firewall').map(({ name }) => name);

/** Each firewall sends to the cluster by its own table, the one that is not master too, which forwards for nobody. */
export async function eachFirewallSends(scene: Scene): Promise<void> {
  const { port } = scene.service('echo-udp');
  const send = `for i in $(seq ${DATAGRAMS}); do echo >/dev/udp/${scene.cluster}/${port}; done`;
  for (const firewall of scene.lab.nodes('firewall')) await firewall.run(['bash', '-c', send]);
}

/** Where the packets go, while one node holds the NLBS address: for the cluster to it, and back to the VRRP address. */
export function routedTo(scene: Scene, { span, holder }: { span: Partial<Span>; holder: string }): Claims {
  const outward = firewallsOf(scene).map((node) => [
    `while ${holder} holds the address, what ${node} sends to the cluster goes there`,
    between(
      span,
      goesTo({
        port: scene.port(node, 'access'),
        what: 'packets for the cluster',
        meant: { destination: scene.cluster },
        mac: scene.mac(holder, 'access'),
        atLeast: DATAGRAMS,
      }),
    ),
  ]);
  const back = scene.servers.map(({ name }) => [
    `while ${holder} holds the address, what ${name} answers goes to the VRRP address`,
    between(
      span,
      goesTo({
        port: scene.port(name, 'server'),
        what: 'replies',
        meant: { source: scene.cluster },
        mac: virtualMac(gatewayOfServers(scene).id),
        atLeast: 1,
      }),
    ),
  ]);
  return Object.fromEntries([...outward, ...back]);
}

/** The virtual router that servers send their replies to. */
function gatewayOfServers(scene: Scene): { id: number; address: string } {
  const { vrrp } = scene.lab.plan.addresses;
  const address = vrrp.server ?? vrrp.access ?? '';
  const [firewall] = scene.lab.nodes('firewall');
  const router = firewall?.home.plan.vrrp?.routers.find((one) => one.address === address);
  if (!router) throw new Error(`the topology ${scene.lab.plan.topology} has no virtual router for its servers`);
  return router;
}

/** By the tables: it is one static route, and one default route. */
export function routesConfigured(scene: Scene): Claims {
  const via = gatewayOfServers(scene).address;
  return {
    'each firewall has the one static route': routesAre(
      firewallsOf(scene).map((node) => ({ node, to: scene.cluster, via: scene.nlbs })),
    ),
    'each server has the one default route': routesAre(
      scene.servers.map(({ name }) => ({ node: name, to: 'default', via })),
    ),
  };
}
