import { type ArpPacket, decodeArpFrame, encodeArpFrame } from '../../kernel/arp-packet.ts';
import type { DatapathInterface } from '../attach/interfaces.ts';

/**
 * The reply to an ARP request that has passed the gate, as the node's own stack would send it (RFC 826, RFC 5227 section 2.5 for
 * probes); undefined if the stack would not reply.
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

/** To this interface or to a group address, and not flooded by a switch for another station. */
function isForUs(frame: Buffer, { mac }: Pick<DatapathInterface, 'mac'>): boolean {
  return (frame.readUInt8(0) & 1) === 1 || frame.toString('hex', 0, 6) === mac.replaceAll(':', '');
}

const isAnnouncement = ({ senderIp, targetIp }: ArpPacket): boolean => senderIp === targetIp;
