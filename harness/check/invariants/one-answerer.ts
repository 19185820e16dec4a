import { oneAnswererAtATime } from '../one-answerer.ts';
import { type Invariant, lansOf, nodesOf, placesOf } from './invariant.ts';

export const oneAnswerer: Invariant = {
  name: 'one answerer',
  title: 'no two load balancers speak for the NLBS address at a time',
  proves: ['ALIAS-8 throughout'],
  claim(setting) {
    const access = placesOf(setting, 'nlb').filter(({ leg }) => leg === 'access');
    return oneAnswererAtATime({ address: setting.nlbs, lans: lansOf(access), nodes: nodesOf(access) });
  },
};
