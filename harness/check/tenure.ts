import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type Holding, holdingsOf } from './holdings.ts';
import { NS_PER_MS, spanOf, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/** An event is read so long after the fact at most, where labs share the processors; the one that begins a time makes it look shorter. */
const READ_LATE_MS = 50;

/**
 * HA-8: a node's times of holding the address that began and ended meanwhile, one after the other, lasted at least so long
 * each, as far as events of addresses tell; there were just as many. Where the node says that it led sooner, that counts: to define
 * the address may wait for the kernel.
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
    const lasted = held.map((one) => one.untilNs - ledFromNs(all, one));
    const because = `${node} held ${address} for ${lasted.map(toMs).join(', then ') || 'no time that began and ended'}`;
    if (held.length !== eachMs.length) return unknown(`${because}; ${eachMs.length} times were wanted`, evidence);
    const isShort = lasted.some((ns, index) => ns < ((eachMs[index] ?? 0) - READ_LATE_MS) * NS_PER_MS);
    const verdict = (isShort ? fail : pass)(`${because}; at least ${eachMs.join(', ')} ms were wanted`, evidence);
    return unlessBlind(during, all, [{ what: 'addresses', where: [node] }], verdict);
  };
});

/** When the node had the address, or entered active by its own word, since it had it last. */
function ledFromNs(all: readonly HistoryEvent[], { node, fromNs }: Holding): number {
  const entries = all.flatMap((event) =>
    event.kind === 'script' && event.node === node && event.enteredNs !== undefined ? [event] : [],
  );
  const last = entries.filter(({ enteredNs = 0 }) => enteredNs <= fromNs).at(-1);
  return last?.state === 'active' ? (last.enteredNs ?? fromNs) : fromNs;
}
