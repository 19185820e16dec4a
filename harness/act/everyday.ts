import type { Table } from '../check/announcement.ts';
import { until } from '../clock/until.ts';
import { devicesOf } from '../lab/census.ts';
import type { LabNode } from '../node/node.ts';
import type { Load, LoadResult } from '../traffic/client-handle.ts';
import type { Scene } from './scene.ts';
import { knows } from './waits.ts';

/** What many suites do. */

/** At most so many new flows of a test have the ports of an earlier one, and go where that was (FWD-5): open so many more than count. */
export const PORTS_AGAIN = 20;

/** Makes `count` HTTP requests, each on a new connection, and waits until each has ended. */
export function requestHttp(scene: Scene, count: number, concurrency = 8): Promise<LoadResult> {
  return scene.client.httpRequests({ target: scene.target('http'), count, concurrency, timeoutMs: 2000 });
}

/**
 * Flows of datagrams from so many ports, once a probe of each has ended; they go on until they are stopped. Ports that are
 * open at the same time are different ones: one that came again would be a flow that is there already.
 */
export async function openUdpFlows(scene: Scene, count: number, perSecond: number): Promise<Load> {
  const target = scene.target('echo-udp');
  const load = await scene.client.startUdpProbes({ target, perSecond, sourcePorts: count, timeoutMs: 1000 });
  const haveEnded = () => new Set(load.probes.map(({ flow }) => flow)).size === count;
  await until(haveEnded, { what: `a probe of each of ${count} flows has ended`, withinMs: 20_000, everyMs: 20 });
  return load;
}

/** Subnets of the clients, whose addresses are public and not ours. */
export function clientSubnets(scene: Scene): string[] {
  const segments = scene.lab.nodes('client').flatMap(({ home }) => home.plan.legs.map(({ segment }) => segment));
  return scene.lab.plan.segments.filter(({ name }) => segments.includes(name)).map(({ subnet }) => subnet);
}

/** The firewalls by which of them holds the VRRP addresses now. */
export function firewalls(scene: Scene): Promise<{ master: LabNode; backup: LabNode }> {
  const [one, other] = scene.lab.nodes('firewall');
  if (!one || !other) throw new Error(`the topology ${scene.lab.plan.topology} has no pair of firewalls`);
  return until(
    async () => {
      const [first, second] = await Promise.all([holdsVirtualAddresses(one), holdsVirtualAddresses(other)]);
      if (first === undefined || second === undefined || first === second) return undefined;
      return first ? { master: one, backup: other } : { master: other, backup: one };
    },
    { what: 'one firewall holds every VRRP address and the other none', withinMs: 5000, everyMs: 50 },
  );
}

/** The hardware address of a virtual router, by its id (RFC 9568 section 7.3). */
export const virtualMac = (id: number): string => `00:00:5e:00:01:${id.toString(16).padStart(2, '0')}`;

/** Both firewalls send something to the NLBS address, so that both have an entry to be replaced. */
export async function resolveEverywhere(scene: Scene): Promise<void> {
  for (const firewall of scene.lab.nodes('firewall')) {
    await firewall.run(['bash', '-c', `echo >/dev/udp/${scene.nlbs}/9`]);
    await knows(scene, firewall.name, scene.nlbs);
  }
}

/** True for all, false for none; undefined while it is neither. */
async function holdsVirtualAddresses(firewall: LabNode): Promise<boolean | undefined> {
  const held = (await devicesOf(firewall)).flatMap(({ addresses }) => addresses.map(({ address }) => address));
  const virtual = (firewall.home.plan.vrrp?.routers ?? []).map(({ address }) => `${address}/32`);
  const count = virtual.filter((address) => held.includes(address)).length;
  if (count === virtual.length) return true;
  return count === 0 ? false : undefined;
}

/** Where the firewalls keep what they know of the access subnet. */
export const firewallTables = (scene: Scene): Table[] =>
  scene.lab.nodes('firewall').map(({ name }) => ({ node: name, device: 'access', port: scene.port(name, 'access') }));
