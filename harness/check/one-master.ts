import type { FrameSeen, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type Port, portText } from './seen.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { isWithin } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';
import { type Advert, advertsOf, type RouterLeg } from './vrrp.ts';

/** From the first to the last advertisement of one firewall on one leg, without a silence between in which another would take over. */
interface Tenure {
  first: FrameSeen;
  last: FrameSeen;
}

/**
 * VRRP-5: never is one firewall master on a leg while the other is so on the same or another leg, for longer than `withinMs`: by their
 * advertisements, of which one of priority 0 is none. Each was master on every leg at some time.
 */
export const oneMasterOnEveryLeg = checker(function oneMasterOnEveryLeg(options: {
  legs: RouterLeg[];
  /** For how long a master may say nothing, and is master still. */
  silenceMs: number;
  withinMs: number;
}) {
  const { legs, silenceMs, withinMs } = options;
  return (during, all = during) => {
    const terms = legs
      .flatMap(({ id, master, backup }) => [master, backup].map((port) => ({ id, port })))
      .map(({ id, port }) => ({ port, tenures: tenuresOf(during, port, id, silenceMs) }));
    const tenures = terms.flatMap((term) => term.tenures);
    const split = splitIn(tenures, all, withinMs);
    if (split) return fail(splitText(split), [split[0].first, split[1].first, split[0].last, split[1].last]);
    const never = terms.find((term) => term.tenures.length === 0);
    if (never || legs.length === 0) return unknown(`${never ? portText(never.port) : 'no leg'} was not seen as master`);
    const turns = tenures.map(({ first }) => portText(first)).join(', ');
    const together = pass(
      `never two of them at a time: ${turns}`,
      tenures.map(({ first }) => first),
    );
    return unlessBlind(during, all, [{ what: 'frames', where: legs.map(({ master }) => master.lan) }], together);
  };
});

function tenuresOf(during: readonly HistoryEvent[], port: Port, id: number, silenceMs: number): Tenure[] {
  const tenures: Tenure[] = [];
  for (const { event } of advertsOf(during, port).filter((advert) => leads(advert, id))) {
    const current = tenures.at(-1);
    if (current && event.atNs - current.last.atNs <= silenceMs * NS_PER_MS) current.last = event;
    else tenures.push({ first: event, last: event });
  }
  return tenures;
}

const leads = ({ vrrp }: Advert, id: number): boolean => vrrp.virtualRouterId === id && vrrp.priority !== 0;

/** Of two nodes, at the same time, for too long. */
function splitIn(
  tenures: readonly Tenure[],
  all: readonly HistoryEvent[],
  withinMs: number,
): [Tenure, Tenure] | undefined {
  for (const one of tenures) {
    const other = tenures.find((each) => {
      const { fromNs, untilNs } = overlapOf(one, each);
      return each.first.node !== one.first.node && untilNs > fromNs && !isWithin(all, fromNs, untilNs, withinMs);
    });
    if (other) return [one, other];
  }
  return undefined;
}

const overlapOf = (one: Tenure, other: Tenure) => ({
  fromNs: Math.max(one.first.atNs, other.first.atNs),
  untilNs: Math.min(one.last.atNs, other.last.atNs),
});

function splitText([one, other]: [Tenure, Tenure]): string {
  const { fromNs, untilNs } = overlapOf(one, other);
  return `${portText(one.first)} and ${portText(other.first)} were both master for ${toMs(untilNs - fromNs)}`;
}
