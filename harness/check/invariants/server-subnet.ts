import { checker } from '../claim.ts';
import { addressesIn, noFrameAstray } from './frames.ts';
import type { Invariant, Place } from './invariant.ts';

/** ARP-5: no frame that these places sent is from, for or about the address. */
const nothingAbout = checker(function nothingAbout(options: { address: string; places: Place[] }) {
  const { address, places } = options;
  return noFrameAstray({
    places,
    astray: (event) => (addressesIn(event).includes(address) ? `a packet from, for or about ${address}` : undefined),
  });
});

export const serverSubnet: Invariant = {
  name: 'server subnet',
  title: 'nothing on the server subnet is from, for or about the NLBS address',
  proves: ['ARP-5 throughout'],
  claim: (setting) =>
    nothingAbout({ address: setting.nlbs, places: setting.places.filter(({ leg }) => leg === 'server') }),
};
