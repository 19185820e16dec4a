/**
 * Who is believed when he answers by ARP: a pure function of what comes in. The witness is the peer's own hardware address on
 * the access subnet, and no other station: the one that the peer's authenticated beats name, and until one has named it, the
 * one that answers for the peer's own address.
 *
 * The witness is asked by unicast. So a switch that answers broadcast questions for a station that it remembers (RFC 9161,
 * Proxy ARP) is not asked, and what it answers to others names no question of ours: a question carries our own address, to
 * which an answer goes back; what is broadcast about the NLBS address carries none (RFC 5227 section 2.1.1).
 */
export interface Witness {
  mac?: string;
  /** Named by a beat: no ARP packet changes it. */
  named: boolean;
}

/** What an ARP packet says, and who sent its frame; as `ArpPacket` of the kernel's room. */
export interface ArpSeen {
  operation: 'request' | 'reply';
  senderMac: string;
  senderIp: string;
  targetMac: string;
  targetIp: string;
  sourceMac: string;
}

/** This node's place on the access subnet, its peer's own address there, and the address that is led. */
export interface AccessAddresses {
  ownMac: string;
  ownAddress: string;
  peerAddress: string;
  nlbs: string;
}

/**
 * `answer`: the witness holds the NLBS address. `present`: the peer's host is on the subnet, whatever its daemon does.
 * `peer claim`, `claim`: an ARP packet names the NLBS address as its sender's, unasked by us or from elsewhere; it proves a conflict and no more.
 */
export type ArpNews = 'answer' | 'present' | 'peer claim' | 'claim';

export const nobody: Witness = { named: false };

export const named = (mac: string): Witness => ({ mac, named: true });

/** What a packet that came in says, and who the witness is after it. */
export function hearArp(witness: Witness, packet: ArpSeen, own: AccessAddresses): { witness: Witness; news?: ArpNews } {
  const { senderMac, senderIp } = packet;
  if (senderMac === own.ownMac) return { witness };
  if (senderIp === own.peerAddress) return hearPeerAddress(witness, packet, own);
  if (senderIp !== own.nlbs) return { witness };
  if (senderMac !== witness.mac) return { witness, news: 'claim' };
  return { witness, news: isAnswerToUs(packet, own) ? 'answer' : 'peer claim' };
}

function hearPeerAddress(before: Witness, packet: ArpSeen, own: AccessAddresses): { witness: Witness; news?: ArpNews } {
  if (!isAnswerToUs(packet, own)) return { witness: before };
  const witness = before.named ? before : { mac: packet.senderMac, named: false };
  return packet.senderMac === witness.mac ? { witness, news: 'present' } : { witness };
}

/** An answer by the station that it names, to a question that carried our addresses. */
function isAnswerToUs(
  { operation, senderMac, sourceMac, targetMac, targetIp }: ArpSeen,
  own: AccessAddresses,
): boolean {
  const isDirect = operation === 'reply' && sourceMac === senderMac;
  return isDirect && targetMac === own.ownMac && targetIp === own.ownAddress;
}
