import type { Vrrp } from '../capture/vrrp.ts';
import type { FrameSeen, HistoryEvent } from '../history/event.ts';
import { announcementsFrom } from './announcement.ts';
import { answersWith, noAnswerFrom } from './arp.ts';
import { checker, verdictOn } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type PacketSeen, type Port, packetsOf, portText } from './seen.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { isWithin } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

const VRRP_GROUP = '224.0.0.18';
const VRRP_PROTOCOL = 112;
const VRRP_TTL = 255;

export interface Advert {
  event: FrameSeen;
  packet: PacketSeen['packet'];
  vrrp: Vrrp;
}

export function advertsOf(events: readonly HistoryEvent[], filter: Partial<Port>): Advert[] {
  return packetsOf(events, { ...filter, direction: 'sent' }).flatMap(({ event, packet }) =>
    packet.transport?.kind === 'vrrp' ? [{ event, packet, vrrp: packet.transport }] : [],
  );
}

/** VRRP-1: every VRRP packet on these LANs, and there are some on each, is sound and goes where RFC 9568 5.1 says. */
export const advertsWellFormed = checker(function advertsWellFormed(options: { lans: string[] }) {
  return (during, all = during) => {
    const broken = options.lans
      .flatMap((lan) => packetsOf(during, { lan, direction: 'sent' }))
      .find(({ packet }) => packet.protocol === VRRP_PROTOCOL && packet.transport?.kind !== 'vrrp');
    if (broken) return fail(`a VRRP packet from ${portText(broken.event)} is cut short`, [broken.event]);
    const adverts = options.lans.flatMap((lan) => advertsOf(during, { lan }));
    const bad = adverts.find((advert) => malformation(advert));
    if (bad) return fail(`an advertisement from ${portText(bad.event)} ${malformation(bad)}`, [bad.event]);
    const without = options.lans.find((lan) => !adverts.some(({ event }) => event.lan === lan));
    if (without) return unknown(`no advertisement was seen on ${without}`);
    const evidence = adverts.slice(0, 3).map(({ event }) => event);
    const sound = pass(`${adverts.length} advertisements, all as they should be`, evidence);
    return unlessBlind(during, all, [{ what: 'frames', where: options.lans }], sound);
  };
});

function malformation({ packet, vrrp }: Advert): string | undefined {
  if (packet.destination !== VRRP_GROUP) return `goes to ${packet.destination}`;
  if (packet.ttl !== VRRP_TTL) return `has TTL ${packet.ttl}`;
  if (vrrp.version !== 3) return `is of version ${vrrp.version}`;
  return vrrp.checksum === 'bad' ? 'has a bad checksum' : undefined;
}

/** VRRP-2: the master answers ARP requests for the VRRP address, and the backup, which they reach too, does not. */
export const backupDoesNotAnswer = checker(function backupDoesNotAnswer(options: {
  address: string;
  master: Port;
  backup: Port;
  mac: string;
  /** Throughout which it was asked. */
  forMs: number;
  atLeast: number;
  withinMs: number;
}) {
  const { address, master, backup, mac, forMs, atLeast, withinMs } = options;
  const silent = noAnswerFrom({ address, port: backup, forMs, atLeast });
  const answered = answersWith({ address, port: master, mac, atLeast, withinMs });
  return (during, all = during) => {
    const verdict = verdictOn(silent, during, all);
    if (verdict.verdict !== 'pass') return verdict;
    const other = verdictOn(answered, during, all);
    if (other.verdict !== 'pass')
      return unknown(`the master was not seen answering either: ${other.because}`, other.evidence);
    return pass(`${verdict.because}; the master answered`, [...verdict.evidence, ...other.evidence]);
  };
});

/** One virtual router: the same on master and backup. */
export interface RouterLeg {
  id: number;
  address: string;
  master: Port;
  backup: Port;
}

/** What a backup's times depend on. */
export interface Backup {
  intervalMs: number;
  priority: number;
}

interface Succession extends Backup {
  legs: RouterLeg[];
  toleranceMs: number;
}

/** RFC 9568 6.1: Skew_Time = ((256 - Priority) * Active_Adver_Interval) / 256. */
export const skewMs = ({ intervalMs, priority }: Backup): number => ((256 - priority) * intervalMs) / 256;

/** RFC 9568 6.1: Active_Down_Interval, after which a silent master is succeeded. */
export const masterDownMs = (backup: Backup): number => 3 * backup.intervalMs + skewMs(backup);

/**
 * VRRP-3: after the master's last advertisement the backup advertises when three intervals and the skew are over, give or
 * take the tolerance, and announces each address on its leg by ARP within the tolerance. In a sync group the leg whose time
 * is over first takes the others along.
 */
export const backupTookOver = checker(function backupTookOver(options: Succession) {
  const { legs, toleranceMs } = options;
  const silenceNs = masterDownMs(options) * NS_PER_MS;
  return (during, all = during) => {
    const sights = [{ what: 'frames' as const, where: legs.map(({ backup }) => backup.lan) }];
    const turns = legs.map((leg) => turnOf(during, leg));
    const [turn] = turns;
    const unclear = turns.find((one) => typeof one === 'string');
    if (!turn || typeof unclear === 'string') return unknown(unclear ?? 'no leg was named');
    const sound = turns.filter((one) => typeof one !== 'string');
    const late = sound.find((one) => one.first === undefined);
    if (late) {
      const verdict = fail(`${portText(late.leg.backup)} never advertised`, [late.last.event]);
      return unlessBlind(during, all, sights, verdict);
    }
    const expectedNs = Math.min(...sound.map(({ last }) => last.event.atNs)) + silenceNs;
    const isOff = ({ event }: Advert) =>
      event.atNs < expectedNs - toleranceMs * NS_PER_MS || !isWithin(all, expectedNs, event.atNs, toleranceMs);
    const off = sound.find(({ first }) => first && isOff(first));
    if (off?.first) {
      const tookNs = off.first.event.atNs - off.last.event.atNs;
      const because = `${portText(off.leg.backup)} advertised ${toMs(tookNs)} after the master's last; due after ${toMs(expectedNs - off.last.event.atNs)}`;
      return unlessBlind(during, all, sights, fail(because, [off.last.event, off.first.event]));
    }
    const mute = sound.find(
      ({ leg, first }) => first && !isAnnounced(during, leg.backup, leg.address, first, toleranceMs),
    );
    const evidence = sound.flatMap(({ last, first }) => (first ? [last.event, first.event] : [last.event]));
    if (mute) {
      const verdict = fail(`${portText(mute.leg.backup)} did not announce ${mute.leg.address}`, evidence);
      return unlessBlind(during, all, sights, verdict);
    }
    return pass(`the backup advertised and announced on ${sound.length} legs when it was due`, evidence);
  };
});

interface Turn {
  leg: RouterLeg;
  /** The master's last advertisement, and the backup's first after it. */
  last: Advert;
  first: Advert | undefined;
}

/** @returns a text when the leg shows nothing of a succession by silence */
function turnOf(during: readonly HistoryEvent[], leg: RouterLeg): Turn | string {
  const ofRouter = ({ vrrp }: Advert) => vrrp.virtualRouterId === leg.id;
  const last = advertsOf(during, leg.master).filter(ofRouter).at(-1);
  if (!last) return `${portText(leg.master)} was not seen advertising`;
  if (last.vrrp.priority === 0) return `${portText(leg.master)} resigned instead of falling silent`;
  const first = advertsOf(during, leg.backup).find((advert) => ofRouter(advert) && advert.event.atNs > last.event.atNs);
  return { leg, last, first };
}

/** Whether the address was announced around the port's first advertisement. */
export const isAnnounced = (
  during: readonly HistoryEvent[],
  port: Port,
  address: string,
  first: Advert,
  toleranceMs: number,
): boolean =>
  announcementsFrom(during, port, address).some(
    ({ event }) => Math.abs(event.atNs - first.event.atNs) <= toleranceMs * NS_PER_MS,
  );
