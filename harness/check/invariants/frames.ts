import { PROTOCOL } from '../../capture/ipv4.ts';
import type { FrameSeen } from '../../history/event.ts';
import { unlessBlind } from '../coverage.ts';
import { decoded, framesOf, plainAddresses, portText } from '../seen.ts';
import { type Checker, fail, pass, unknown } from '../verdict.ts';
import { lansOf, type Place } from './invariant.ts';

/**
 * None of the frames that these places sent is astray. What was seen was sent, however many others were not seen: a capture that
 * lost some cannot clear a place, but it convicts one.
 * @param options.astray what is wrong with a frame, if anything is
 */
export function noFrameAstray(options: {
  places: readonly Place[];
  astray(event: FrameSeen): string | undefined;
}): Checker {
  const { places, astray } = options;
  return (during, all = during) => {
    const ports = new Set(places.map(portText));
    const sent = framesOf(during, { direction: 'sent' }).filter((event) => ports.has(portText(event)));
    const found = sent.find(astray);
    if (found) return fail(`${portText(found)} sent ${astray(found)}`, [found]);
    if (sent.length === 0) return unknown('no frame was seen');
    const clean = pass(`none of ${sent.length} frames of ${ports.size} ports`, sent.slice(0, 1));
    return unlessBlind(during, all, [{ what: 'frames', where: lansOf(places) }], clean);
  };
}

/** The IP addresses that a frame carries as its own sender and target: of an ARP packet, or of an IP packet and what it quotes. */
export function addressesIn(event: FrameSeen): string[] {
  const plain = mayQuote(event) ? undefined : plainAddresses(event);
  if (plain) return [plain.source, plain.destination];
  const { network } = decoded(event);
  if (network?.kind === 'arp') return [network.senderIp, network.targetIp];
  if (network?.kind !== 'ipv4') return [];
  const quoted = network.transport?.kind === 'icmp' ? network.transport.quoted : undefined;
  return [network.source, network.destination, ...(quoted ? [quoted.source, quoted.destination] : [])];
}

/** By the protocol of the IPv4 header of an untagged frame, at its ninth octet: ICMP alone quotes other packets. */
const mayQuote = ({ bytes }: FrameSeen): boolean => bytes[14 + 9] === PROTOCOL.icmp;
