import { type AccessAddresses, type ArpSeen, hearArp, type Witness } from '../../pair/witness.ts';

/** What came by ARP between two ticks. */
export interface ArpHeard {
  /** The witness's hardware address, once for each answer of it. */
  answers: readonly string[];
  /** Who the witness is, where that is news that ARP brought. */
  found?: string;
  /** The peer's host answered for its own address. */
  isPeerPresent: boolean;
  /** Hardware addresses of others that spoke as the holder of the NLBS address, one for each frame. */
  others: readonly string[];
  /** The same of the peer's own, where it is no answer to us. */
  peer: readonly string[];
}

export const silence: ArpHeard = { answers: [], isPeerPresent: false, others: [], peer: [] };

/** What packets say, in their order, and who the witness is after them. */
export function hearAll(
  before: Witness,
  packets: readonly ArpSeen[],
  own: AccessAddresses,
): { witness: Witness; heard: ArpHeard } {
  let witness = before;
  const said = packets.map((packet) => {
    const { news, ...after } = hearArp(witness, packet, own);
    witness = after.witness;
    return { news, mac: packet.senderMac };
  });
  const macsOf = (news: string) => said.flatMap((each) => (each.news === news ? [each.mac] : []));
  const { mac } = witness;
  const heard = {
    answers: macsOf('answer'),
    isPeerPresent: macsOf('present').length > 0,
    others: macsOf('claim'),
    peer: macsOf('peer claim'),
  };
  return { witness, heard: mac !== undefined && mac !== before.mac ? { ...heard, found: mac } : heard };
}
