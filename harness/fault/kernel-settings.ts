import { writeFileSync } from 'node:fs';
import type { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';

/** What tests change in the kernels of a lab's nodes, as an operator or a worn-out network card would. */

async function ip(node: LabNode, ...words: string[]): Promise<void> {
  const done = await node.runBeside(['ip', ...words]);
  if (done.exitCode !== 0) throw new Error(`ip ${words.join(' ')} on ${node.name} failed: ${done.stderr}`);
}

interface Leg {
  node: string;
  leg: string;
}

/** The first client, by the router's leg to it. */
export function clientAtRouter(view: LabView): { router: Leg; client: Leg } {
  const [router] = view.lab.nodes('router');
  const [client] = view.lab.nodes('client');
  const [leg] = client?.home.plan.legs ?? [];
  const near = router?.home.plan.legs.find(({ segment }) => segment === leg?.segment);
  if (!router || !client || !leg || !near) throw new Error('the topology has no client beside its router');
  return { router: { node: router.name, leg: near.name }, client: { node: client.name, leg: leg.name } };
}

/** From now on the router's way to the first client carries packets of so many octets at most. Gives what ends that. */
export async function narrowPath(view: LabView, mtu: number): Promise<() => Promise<void>> {
  const { router, client } = clientAtRouter(view);
  const node = view.lab.node(router.node);
  const route = [`${view.address(client.node, client.leg)}/32`, 'dev', router.leg];
  await ip(node, 'route', 'add', ...route, 'mtu', String(mtu));
  return () => ip(node, 'route', 'delete', ...route);
}

/**
 * The servers forget a connection that does not finish its opening after one second, in which they answer it once. They would
 * go on answering for a minute, and whatever a test makes of half connections would disturb those after it.
 */
export function forgetHalfOpen(view: LabView): void {
  for (const server of view.servers) server.inside(() => writeFileSync('/proc/sys/net/ipv4/tcp_synack_retries', '0'));
}

/** Another interface of the node, whose other end is in the node, too. */
export async function addInterface(node: LabNode, name: string): Promise<void> {
  await ip(node, 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}.far`);
  for (const end of [name, `${name}.far`]) await ip(node, 'link', 'set', end, 'up');
}

export const setMac = (node: LabNode, leg: string, mac: string): Promise<void> =>
  ip(node, 'link', 'set', leg, 'address', mac);

/** The node no longer knows the hardware address of a neighbour, as when that has not answered for long. */
export const forgetNeighbour = (node: LabNode, address: string, leg: string): Promise<void> =>
  ip(node, 'neigh', 'change', address, 'dev', leg, 'nud', 'failed');
