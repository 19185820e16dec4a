import { checker } from '../claim.ts';
import { isInside, isPublic } from '../networks.ts';
import { addressesIn, noFrameAstray } from './frames.ts';
import type { Invariant, Place } from './invariant.ts';

/** ADDR-5: no frame that these places sent carries a public address but the cluster's and those of clients' subnets. */
const noOtherPublicAddress = checker(function noOtherPublicAddress(options: {
  cluster: string[];
  clientSubnets: string[];
  places: Place[];
}) {
  const { cluster, clientSubnets, places } = options;
  const isLawful = (address: string): boolean =>
    !isPublic(address) || cluster.includes(address) || clientSubnets.some((subnet) => isInside(address, subnet));
  const seen = new Map<string, boolean>();
  const isKnown = (address: string): boolean => {
    const lawful = seen.get(address) ?? isLawful(address);
    seen.set(address, lawful);
    return lawful;
  };
  return noFrameAstray({
    places,
    astray(event) {
      const unexpected = addressesIn(event).find((address) => !isKnown(address));
      return unexpected && `a packet with the public address ${unexpected}`;
    },
  });
});

export const publicAddresses: Invariant = {
  name: 'public addresses',
  title: 'no frame on a private segment carries another public address than the cluster’s and the clients’',
  proves: ['ADDR-5'],
  claim: ({ cluster, clientSubnets, privateLegs, places }) =>
    noOtherPublicAddress({
      cluster,
      clientSubnets,
      places: places.filter(({ leg }) => privateLegs.includes(leg)),
    }),
};
