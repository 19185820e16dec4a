import { type ArpPacket, decodeArpFrame, encodeArpFrame } from '../../kernel/arp-packet.ts';
import type { DatapathInterface } from '../attach/interfaces.ts';

/**
 * The answer to an ARP request that the gate has let pass, as the node's own stack would give it (RFC 826, RFC 5227
 * section 2.5 for probes); undefined where that would stay silent.
 * @param frame as it came
 */
export function arpAnswer(frame: Buffer, iface: Pick<DatapathInterface, 'mac'>): Buffer | undefined {
  const request = decodeArpFrame(frame);
  if (request?.operation !== 'request' || !isForUs(frame, iface) || isAnnouncement(request)) return undefined;
  return encodeArpFrame(request.senderMac, {
    operation: 'reply',
    senderMac: iface.mac,
    senderIp: request.targetIp,
    targetMac: request.senderMac,
    targetIp: request.senderIp,
    sourceMac: iface.mac,
  });
}

/** To this interface, or to many: what a switch floods that is for somebody else is none of our business. */
function isForUs(frame: Buffer, { mac }: Pick<DatapathInterface, 'mac'>): boolean {
  return (frame.readUInt8(0) & 1) === 1 || frame.toString('hex', 0, 6) === mac.replaceAll(':', '');
}

const isAnnouncement = ({ senderIp, targetIp }: ArpPacket): boolean => senderIp === targetIp;
