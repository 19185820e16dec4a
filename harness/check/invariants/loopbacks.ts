import { onLoopbackIfAtAll } from '../addresses.ts';
import { checker, verdictOn } from '../claim.ts';
import { unlessBlind } from '../coverage.ts';
import { type Invariant, nodesOf, placesOf } from './invariant.ts';

/**
 * ALIAS-6: as `onLoopbackIfAtAll`, where the address events of these nodes were all seen; servers have no daemon of ours, and the
 * censuses speak for them.
 */
const onLoopbacksAlone = checker(function onLoopbacksAlone(options: { addresses: string[]; watched: string[] }) {
  const { addresses, watched } = options;
  return (during, all = during) => {
    const verdict = verdictOn(onLoopbackIfAtAll({ addresses }), during, all);
    return unlessBlind(during, all, [{ what: 'addresses', where: watched }], verdict);
  };
});

export const loopbacks: Invariant = {
  name: 'loopbacks alone',
  title: 'no interface but a loopback is given a cluster address',
  proves: ['ALIAS-6 throughout'],
  claim: (setting) =>
    onLoopbacksAlone({ addresses: setting.cluster, watched: nodesOf(placesOf(setting, 'nlb', 'firewall')) }),
};
