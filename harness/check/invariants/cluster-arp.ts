import { ETHER_TYPE } from '../../capture/ethernet.ts';
import { decoded, mayCarry } from '../seen.ts';
import { noFrameAstray } from './frames.ts';
import { type Invariant, placesOf } from './invariant.ts';

export const clusterArp: Invariant = {
  name: 'no ARP for the cluster',
  title: 'no ARP packet asks for a cluster address or comes from one',
  proves: ['ARP-6 throughout', 'ARP-7 throughout'],
  checker(setting) {
    const places = placesOf(setting, 'firewall', 'nlb', 'server');
    return noFrameAstray({
      places,
      astray(event) {
        if (!mayCarry(event, ETHER_TYPE.arp)) return undefined;
        const { network } = decoded(event);
        if (network?.kind !== 'arp') return undefined;
        if (setting.cluster.includes(network.senderIp)) return `ARP from ${network.senderIp}`;
        return setting.cluster.includes(network.targetIp) ? `ARP for ${network.targetIp}` : undefined;
      },
    });
  },
};
