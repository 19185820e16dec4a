import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { arpsOf, eventsOf, type Port, portText } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * HA-2: whether a node could reach a target, by what its port sent and was handed: it asked for the target's address by ARP at
 * least so often, and was answered as often, or never. A test that cuts a node off has only then done so.
 */
export const targetReached = checker(function targetReached(options: {
  asker: Port;
  target: string;
  atLeast: number;
  reached: boolean;
}) {
  const { asker, target, atLeast, reached } = options;
  return (during, all = during) => {
    const asked = arpsOf(during, { ...asker, direction: 'sent' }).filter(
      ({ arp }) => arp.operation === 'request' && arp.targetIp === target,
    );
    const answered = arpsOf(during, { ...asker, direction: 'received' }).filter(
      ({ arp }) => arp.operation === 'reply' && arp.senderIp === target,
    );
    const because = `${portText(asker)} asked ${asked.length} times for ${target} and was answered ${answered.length} times`;
    const evidence = eventsOf([...asked.slice(0, 2), ...answered.slice(0, 2)]);
    if (asked.length < atLeast) return unknown(`${because}; ${atLeast} questions were wanted`, evidence);
    const isSo = reached ? answered.length >= atLeast : answered.length === 0;
    const verdict = (isSo ? pass : fail)(because, evidence);
    return unlessBlind(during, all, [{ what: 'frames', where: [asker.lan] }], verdict);
  };
});
