import type { LabView, LegPlace } from '../lab/view.ts';
import { dropOnLan } from './drop-on-lan.ts';

/** From now on nothing passes between a port of one side and a port of the other, in one LAN. Other ports hear everybody. */
export function split(
  view: LabView,
  one: readonly LegPlace[],
  other: readonly LegPlace[],
): Promise<() => Promise<number>> {
  const [first] = one;
  if (!first) throw new Error('a side without ports');
  const between = (from: readonly LegPlace[], to: readonly LegPlace[]) =>
    `iifname { ${devices(view, from)} } oifname { ${devices(view, to)} }`;
  return dropOnLan(view, first.lan, [between(one, other), between(other, one)]);
}

/** The next announcement of the address that the port sends is lost in the switch; those after it pass. */
export function loseAnnouncement(view: LabView, port: LegPlace, address: string): Promise<() => Promise<number>> {
  const announcement = `iifname ${devices(view, [port])} arp saddr ip ${address} arp daddr ip ${address}`;
  return dropOnLan(view, port.lan, [`${announcement} limit rate 1/day burst 1 packets`], 'prerouting');
}

const devices = (view: LabView, ports: readonly LegPlace[]): string =>
  ports.map(({ node, leg }) => view.leg(node, leg).port).join(', ');
