import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { portText } from './seen.ts';
import { toMs } from './span.ts';
import { isWithin } from './standstill.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';
import { type Advert, advertsOf, isAnnounced, type RouterLeg } from './vrrp.ts';

interface Resignation {
  /** On which the master resigns. */
  legs: RouterLeg[];
  /** From its first word of that to the backup's advertisement. */
  withinMs: number;
  /** Of the announcement, from that advertisement on. */
  toleranceMs: number;
}

/**
 * VRRP-4: the last that the master says on each of the legs is that it resigns, by priority 0; and within the bound after the first
 * such word, the backup advertises on each and announces its address there.
 */
export const resignedInOrder = checker(function resignedInOrder(options: Resignation) {
  const { legs } = options;
  return (during, all = during) => {
    const last = legs.map((leg) => ofRouter(advertsOf(during, leg.master), leg).at(-1));
    const mute = legs.find((_, index) => last[index] === undefined);
    if (mute || legs.length === 0)
      return unknown(`${mute ? portText(mute.master) : 'no leg'} was not seen advertising`);
    const words = last.filter((advert) => advert !== undefined);
    const sights = [{ what: 'frames' as const, where: legs.map(({ backup }) => backup.lan) }];
    return unlessBlind(during, all, sights, silenceIn(words) ?? successionAfter(words, options, during, all));
  };
});

const ofRouter = (adverts: readonly Advert[], { id }: RouterLeg): Advert[] =>
  adverts.filter(({ vrrp }) => vrrp.virtualRouterId === id);

function silenceIn(lastWords: readonly Advert[]): Verdict | undefined {
  const silent = lastWords.find(({ vrrp }) => vrrp.priority !== 0);
  return silent && fail(`${portText(silent.event)} fell silent and did not resign`, [silent.event]);
}

/** On each of the legs, after the first word of resignation. */
function successionAfter(
  resignations: readonly Advert[],
  { legs, withinMs, toleranceMs }: Resignation,
  during: readonly HistoryEvent[],
  all: readonly HistoryEvent[],
): Verdict {
  const resignedNs = Math.min(...resignations.map(({ event }) => event.atNs));
  const evidence = resignations.map(({ event }) => event);
  for (const leg of legs) {
    const first = ofRouter(advertsOf(during, leg.backup), leg).find(({ event }) => event.atNs > resignedNs);
    if (!first) return fail(`${portText(leg.backup)} never advertised`, evidence);
    evidence.push(first.event);
    const took = toMs(first.event.atNs - resignedNs);
    if (!isWithin(all, resignedNs, first.event.atNs, withinMs))
      return fail(`${portText(leg.backup)} advertised ${took} after the master had resigned`, evidence);
    if (!isAnnounced(during, leg.backup, leg.address, first, toleranceMs))
      return fail(`${portText(leg.backup)} did not announce ${leg.address}`, evidence);
  }
  return pass(`the master resigned on ${legs.length} legs, and the backup advertised and announced on each`, evidence);
}
