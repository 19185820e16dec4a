import { onLoopbackIfAtAll } from '../addresses.ts';
import { unlessBlind } from '../coverage.ts';
import { type Invariant, nodesOf, placesOf } from './invariant.ts';

export const loopbacks: Invariant = {
  name: 'loopbacks alone',
  title: 'no interface but a loopback is given a cluster address',
  proves: ['ALIAS-6 throughout'],
  checker(setting) {
    // Servers have no daemon of ours: the censuses speak for them.
    const where = nodesOf(placesOf(setting, 'nlb', 'firewall'));
    const checker = onLoopbackIfAtAll(setting.cluster);
    return (during, all = during) => unlessBlind(during, all, [{ what: 'addresses', where }], checker(during, all));
  },
};
