import { repliesBypass } from '../standby.ts';
import { type Invariant, lansOf, nodesOf, placesOf } from './invariant.ts';

export const repliesBypassing: Invariant = {
  name: 'replies bypass',
  title: 'no reply of a server passes a load balancer',
  proves: ['ROUTE-4 throughout'],
  claim(setting) {
    const places = placesOf(setting, 'nlb');
    const balancers = nodesOf(places).map((node) => {
      const own = places.filter((place) => place.node === node);
      return { node, macs: own.map(({ mac }) => mac), addresses: own.map(({ address }) => address) };
    });
    return repliesBypass({ cluster: setting.cluster, balancers, lans: lansOf(places), atLeast: 1 });
  },
};
