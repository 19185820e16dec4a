import type { FrameSeen } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { decoded, framesOf, portText } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/** IANA protocol numbers. */
const BY_PROTOCOL: Record<number, string> = { 9: 'IGRP', 88: 'EIGRP', 89: 'OSPF' };
/** Well-known ports, of either side. */
const BY_PORT: Record<string, string> = { 'udp 520': 'RIP', 'tcp 179': 'BGP' };
/** ISO 10589: IS-IS runs straight on IEEE 802.2. */
const IS_IS_SERVICE_ACCESS_POINT = 0xfe;

/** Which routing protocol a frame speaks, if any. */
function routingProtocol(event: FrameSeen): string | undefined {
  const { network } = decoded(event);
  if (network?.kind === 'llc')
    return network.destinationServiceAccessPoint === IS_IS_SERVICE_ACCESS_POINT ? 'IS-IS' : undefined;
  if (network?.kind !== 'ipv4') return undefined;
  const { protocol, transport } = network;
  if (transport?.kind !== 'tcp' && transport?.kind !== 'udp') return BY_PROTOCOL[protocol];
  return (
    BY_PORT[`${transport.kind} ${transport.destinationPort}`] ?? BY_PORT[`${transport.kind} ${transport.sourcePort}`]
  );
}

/** ROUTE-3: of at least so many frames sent on the LAN none speaks a routing protocol. */
export const noRoutingProtocol = checker(function noRoutingProtocol(options: { lan: string; atLeast: number }) {
  const { lan, atLeast } = options;
  return (during, all = during) => {
    const sent = framesOf(during, { lan, direction: 'sent' });
    const found = sent.find((event) => routingProtocol(event));
    if (found) return fail(`${portText(found)} speaks ${routingProtocol(found)}`, [found]);
    if (sent.length < atLeast) return unknown(`${sent.length} frames were sent on ${lan}; ${atLeast} were wanted`);
    const none = pass(`none of ${sent.length} frames on ${lan} speaks a routing protocol`, sent.slice(0, 1));
    return unlessBlind(during, all, [{ what: 'frames', where: [lan] }], none);
  };
});
