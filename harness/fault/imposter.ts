import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeUdp } from '../capture/udp.ts';
import { datagramsOf } from '../check/datagrams.ts';
import { decoded, type Port } from '../check/seen.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { LabView } from '../lab/view.ts';
import type { Recordings } from './forgery.ts';
import { heartbeatPort } from './silence.ts';

/** A third station on a subnet of the pair, which sends to one of the two as if it were the other. */
export interface Way {
  victim: Port;
  station: Port;
  peer: string;
}

/** From every subnet that the two have in common, to one of them. */
export function waysTo(view: LabView, victim: string): Way[] {
  const peer = view.lab.nodes('nlb').find(({ name }) => name !== victim)?.name;
  if (peer === undefined) throw new Error(`${victim} has no peer`);
  const [firewall] = view.ports('firewall').filter(({ leg }) => leg === 'access');
  const [server] = view.ports('server');
  if (!firewall || !server) throw new Error(`the topology ${view.lab.plan.topology} has no third stations`);
  return [firewall, server].map((station) => ({ victim: view.port(victim, station.leg), station, peer }));
}

/** Sends a payload to the victim's heartbeat port, from its peer's address and port. */
export function pretend(view: LabView, way: Way, payload: Uint8Array): void {
  const ports = { sourcePort: heartbeatPort(view), destinationPort: heartbeatPort(view) };
  inject(view, way, PROTOCOL.udp, (ends) => encodeUdp({ ...ends, ...ports, payload }));
}

/** Tells the victim, in its peer's name, that nobody listens at the heartbeat's port there (RFC 792, port unreachable). */
export function lieUnreachable(view: LabView, way: Way): void {
  inject(view, way, PROTOCOL.icmp, ({ source, destination }) => {
    const ends = { source: destination, destination: source };
    const ports = { sourcePort: heartbeatPort(view), destinationPort: heartbeatPort(view) };
    const beat = encodeIpv4(
      { ...ends, protocol: PROTOCOL.udp },
      encodeUdp({ ...ends, ...ports, payload: new Uint8Array() }),
    );
    return encodeIcmp({ type: 3, code: 3, rest: 0, payload: beat });
  });
}

function inject(
  view: LabView,
  { victim, station, peer }: Way,
  protocol: number,
  encode: (ends: { source: string; destination: string }) => Uint8Array,
): void {
  const ends = { source: view.address(peer, victim.leg), destination: view.address(victim.node, victim.leg) };
  // The hardware address is the station's own: another one's would move that one's place in the switch.
  const macs = { source: view.mac(station.node, station.leg), destination: view.mac(victim.node, victim.leg) };
  const frame = encodeEthernet(
    { ...macs, etherType: ETHER_TYPE.ipv4 },
    encodeIpv4({ ...ends, protocol }, encode(ends)),
  );
  view.inject(station.node, station.leg, frame);
}

/** Heartbeats as they were sent on the subnets until now: what an imposter may have taken down. */
export function recordingsFor(view: LabView, events: readonly HistoryEvent[], way: Way): Recordings {
  const sentBy = (node: string, isSame: boolean) =>
    datagramsOf(events, { node, direction: 'sent' }, heartbeatPort(view))
      .filter(({ leg }) => (leg === way.victim.leg) === isSame)
      .map(payloadOf);
  return {
    toVictim: sentBy(way.peer, true),
    byOtherPath: sentBy(way.peer, false),
    byVictim: sentBy(way.victim.node, true),
  };
}

function payloadOf(event: Parameters<typeof decoded>[0]): Uint8Array {
  const { network } = decoded(event);
  const transport = network?.kind === 'ipv4' ? network.transport : undefined;
  return transport?.kind === 'udp' ? Uint8Array.from(transport.payload) : new Uint8Array();
}
