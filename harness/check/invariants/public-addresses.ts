import { isInside, isPublic } from '../networks.ts';
import { addressesIn, noFrameAstray } from './frames.ts';
import type { Invariant } from './invariant.ts';

export const publicAddresses: Invariant = {
  name: 'public addresses',
  title: 'no frame on a private segment carries another public address than the cluster’s and the clients’',
  proves: ['ADDR-5'],
  checker({ cluster, clientSubnets, privateLegs, places }) {
    const isLawful = (address: string): boolean =>
      !isPublic(address) || cluster.includes(address) || clientSubnets.some((subnet) => isInside(address, subnet));
    const seen = new Map<string, boolean>();
    const isKnown = (address: string): boolean => {
      const lawful = seen.get(address) ?? isLawful(address);
      seen.set(address, lawful);
      return lawful;
    };
    return noFrameAstray({
      places: places.filter(({ leg }) => privateLegs.includes(leg)),
      astray(event) {
        const stranger = addressesIn(event).find((address) => !isKnown(address));
        return stranger && `a packet with the public address ${stranger}`;
      },
    });
  },
};
