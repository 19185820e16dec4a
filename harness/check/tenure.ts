import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { holdingsOf } from './holdings.ts';
import { NS_PER_MS, spanOf, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/** An event is read so long after the fact at most, where labs share the processors; the one that begins a time makes it look shorter. */
const READ_LATE_MS = 50;

/**
 * HA-8: a node's times of holding the address that began and ended meanwhile, one after the other, lasted at least so long
 * each, as far as events of addresses tell; there were just as many.
 * @notices a time that is 50 ms too short, by which an event may be read late
 */
export const heldAtLeast = checker(function heldAtLeast(options: {
  address: string;
  node: string;
  eachMs: readonly number[];
}) {
  const { address, node, eachMs } = options;
  return (during, all = during) => {
    const span = spanOf(during);
    if (!span) return unknown('nothing was recorded');
    const held = holdingsOf(all, address).filter(
      (one) => one.node === node && one.fromNs >= span.fromNs && one.untilNs <= span.untilNs,
    );
    const evidence = held.flatMap((one) => one.evidence);
    const lasted = held.map((one) => one.untilNs - one.fromNs);
    const because = `${node} held ${address} for ${lasted.map(toMs).join(', then ') || 'no time that began and ended'}`;
    if (held.length !== eachMs.length) return unknown(`${because}; ${eachMs.length} times were wanted`, evidence);
    const isShort = lasted.some((ns, index) => ns < ((eachMs[index] ?? 0) - READ_LATE_MS) * NS_PER_MS);
    const verdict = (isShort ? fail : pass)(`${because}; at least ${eachMs.join(', ')} ms were wanted`, evidence);
    return unlessBlind(during, all, [{ what: 'addresses', where: [node] }], verdict);
  };
});
