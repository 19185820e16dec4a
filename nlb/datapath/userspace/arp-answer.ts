import { type ArpPacket, decodeArpFrame, encodeArpFrame } from '../../kernel/arp-packet.ts';
import type { Port } from '../attach/ports.ts';

/**
 * The answer to an ARP request that the gate has let pass, as the node's own stack would give it (RFC 826, RFC 5227
 * section 2.5 for probes); undefined where that would stay silent.
 * @param frame as it came
 */
export function arpAnswer(frame: Buffer, port: Pick<Port, 'mac'>): Buffer | undefined {
  const request = decodeArpFrame(frame);
  if (request?.operation !== 'request' || !isForUs(frame, port) || isAnnouncement(request)) return undefined;
  return encodeArpFrame(request.senderMac, {
    operation: 'reply',
    senderMac: port.mac,
    senderIp: request.targetIp,
    targetMac: request.senderMac,
    targetIp: request.senderIp,
    sourceMac: port.mac,
  });
}

/** To this interface, or to many: what a switch floods that is for somebody else is none of our business. */
function isForUs(frame: Buffer, { mac }: Pick<Port, 'mac'>): boolean {
  return (frame.readUInt8(0) & 1) === 1 || frame.toString('hex', 0, 6) === mac.replaceAll(':', '');
}

const isAnnouncement = ({ senderIp, targetIp }: ArpPacket): boolean => senderIp === targetIp;
