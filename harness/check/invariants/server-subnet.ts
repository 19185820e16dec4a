import { addressesIn, noFrameAstray } from './frames.ts';
import type { Invariant } from './invariant.ts';

export const serverSubnet: Invariant = {
  name: 'server subnet',
  title: 'nothing on the server subnet is from, for or about the NLBS address',
  proves: ['ARP-5 throughout'],
  checker({ nlbs, places }) {
    return noFrameAstray({
      places: places.filter(({ leg }) => leg === 'server'),
      astray: (event) => (addressesIn(event).includes(nlbs) ? `a packet from, for or about ${nlbs}` : undefined),
    });
  },
};
