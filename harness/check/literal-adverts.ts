import { encodeVrrp } from '../capture/vrrp.ts';
import { arp, internet, watched } from './literal-history.ts';
import type { RouterLeg } from './vrrp.ts';

/** Two firewalls with two virtual routers, for the tests of checkers. */

export const VIRTUAL_MAC = '00:00:5e:00:01:34';
export const SEEN = [watched('frames', 'access'), watched('frames', 'wan')];
export const port = (node: string, leg = 'access') => ({ lan: leg, node, leg });
const leg = (name: string, id: number, address: string): RouterLeg => ({
  id,
  address,
  master: port('fw1', name),
  backup: port('fw2', name),
});
export const ACCESS = leg('access', 52, '10.77.1.1');
export const WAN = leg('wan', 51, '100.64.0.1');

interface Made {
  version?: 2 | 3;
  ttl?: number;
  destination?: string;
  priority?: number;
  damaged?: boolean;
}

export function advert(
  atMs: number,
  node: 'fw1' | 'fw2',
  { id, address, master }: typeof ACCESS = ACCESS,
  made: Made = {},
) {
  const { version = 3, ttl = 255, destination = '224.0.0.18', priority = node === 'fw1' ? 150 : 100, damaged } = made;
  const ends = { source: '10.77.1.2', destination };
  const advertised = { virtualRouterId: id, priority, intervalMs: 100, addresses: [address] };
  const message = encodeVrrp({ ...ends, version, ...advertised, ...(version === 2 ? { intervalMs: 1000 } : {}) });
  if (damaged) message[6] = (message[6] ?? 0) ^ 1;
  const macs = { source: VIRTUAL_MAC, destination: '01:00:5e:00:00:12' };
  return internet({ atMs, from: port(node, master.leg), to: [] }, macs, { ...ends, protocol: 112, ttl }, message);
}

export function announce(atMs: number, { address, backup }: typeof ACCESS = ACCESS) {
  const fields = { operation: 'request' as const, senderMac: VIRTUAL_MAC, senderIp: address, targetIp: address };
  return arp({ atMs, from: backup, to: [] }, fields);
}
