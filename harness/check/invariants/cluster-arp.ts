import { ETHER_TYPE } from '../../capture/ethernet.ts';
import { checker } from '../claim.ts';
import { decoded, mayCarry } from '../seen.ts';
import { noFrameAstray } from './frames.ts';
import { type Invariant, type Place, placesOf } from './invariant.ts';

/** ARP-6, ARP-7: none of these places sent an ARP packet that asks for one of the addresses, or comes from one. */
const noArpFor = checker(function noArpFor(options: { addresses: string[]; places: Place[] }) {
  const { addresses, places } = options;
  return noFrameAstray({
    places,
    astray(event) {
      if (!mayCarry(event, ETHER_TYPE.arp)) return undefined;
      const { network } = decoded(event);
      if (network?.kind !== 'arp') return undefined;
      if (addresses.includes(network.senderIp)) return `ARP from ${network.senderIp}`;
      return addresses.includes(network.targetIp) ? `ARP for ${network.targetIp}` : undefined;
    },
  });
});

export const clusterArp: Invariant = {
  name: 'no ARP for the cluster',
  title: 'no ARP packet asks for a cluster address or comes from one',
  proves: ['ARP-6 throughout', 'ARP-7 throughout'],
  claim: (setting) => noArpFor({ addresses: setting.cluster, places: placesOf(setting, 'firewall', 'nlb', 'server') }),
};
