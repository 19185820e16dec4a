import { opposite, type Side, type Wire } from './network.ts';
import type { Node, World } from './world.ts';

/**
 * Whoever stood still with all its clocks wakes to a lease that its successor took for over. One interval until it ticks, having
 * read what its peer says; one until that one hears, where it is the one to yield.
 */
export const WOKEN_WITHIN_MS = 25;

/** Whether the host is there that refuses beats is asked at once; the answer is looked at with the next tick. */
const PRESENT_WITHIN_MS = 12;

const reachesTarget = ({ hasTarget, targetDowns }: Node): boolean => hasTarget && targetDowns === 0;

/** When something last was so that is begun by one thing and kept up by another, for as long as that comes within `graceMs`. */
function openSpell(graceMs: number) {
  let lastMs = -Infinity;
  let [lookedMs, wasKeptUp] = [-Infinity, false];
  return {
    lastMs: () => lastMs,
    /** @param begunUntilMs the latest instant up to now at which what begins it was so */
    look: (nowMs: number, begunUntilMs: number, isKeptUp: boolean) => {
      lastMs = Math.max(lastMs, begunUntilMs);
      // What was so at the last look, and is so still, has been so all the while.
      const sinceMs = isKeptUp && wasKeptUp ? lookedMs : nowMs;
      if (isKeptUp && sinceMs - lastMs <= graceMs) lastMs = nowMs;
      [lookedMs, wasKeptUp] = [nowMs, isKeptUp];
    },
  };
}

/**
 * The one case that two nodes cannot tell: the access subnet is split between them, by a cut or by a link that is down, so
 * that the question for the address is not answered, while both subnets lose beats, or lost them just before. It counts
 * until either subnet is whole. A node that stands still whole, data path and all, where beats were lost is as good as
 * split off, for its lease outlasts its silence. So is one that died, or stands still, with a longer lease than who has just
 * started, or slept, and does not believe the life that has it would wait for, which takes two nodes that are set differently, or
 * a lease that was left for a successor. And so are two that take the lead within an interval, where beats are lost and somebody
 * asks one of them in the other's name all the time: what the other asks itself is then not to be told from that. Healing takes
 * two that listen, so the time of a stall does not count, nor that in which a lease waits for a successor.
 */
export function openSplitWatch({ agenda, network, nodes }: World, healedWithinMs: number, ledMs: readonly number[]) {
  const { access, server } = network.wires;
  const isUnheardOf = ({ daemon, host, settings, side }: Node): boolean => {
    const other = nodes[opposite(side)];
    const isHeardOf = other.daemon?.role.peer.standing && other.daemon.talk.believes() >= host.dataPath.leasedBy;
    const isUnverified = other.daemon !== undefined && !isHeardOf;
    const isLeased = host.dataPath.answerUntilMs > host.clockMs();
    const isLong = Math.max(host.dataPath.grantedMs, settings.leaseMs) >= other.settings.deadAfterMs;
    // One that has just started holds what its earlier life left, and is believed only at its second beat.
    const isMute = !daemon || host.isPaused();
    return isLeased && isUnverified && (daemon?.hasInheritedLease() || (isMute && isLong));
  };
  const isCut = ({ cuts, deafs, downs }: Wire) => [...cuts, ...deafs, ...downs].some((faults) => faults > 0);
  const isImpaired = (wire: Wire) => isCut(wire) || wire.disturbances.length > 0;
  let impairedMs = -Infinity;
  let bothImpairedMs = -Infinity;
  let wasApart = false;
  const [split, undiscovered] = [openSpell(healedWithinMs), openSpell(healedWithinMs)];
  const [timeless, unaware] = [openSpell(WOKEN_WITHIN_MS), openSpell(WOKEN_WITHIN_MS)];
  const intervalsMs = nodes.map(({ settings }) => settings.intervalMs);
  let oneSidedSinceMs: number | undefined;
  const look = () => {
    const nowMs = agenda.nowMs();
    const isRecent = (ms: number) => nowMs - ms <= healedWithinMs;
    // One that is asleep, or dead, hears nothing and tells nobody, and its lease goes on for as much longer as its clock stood.
    const isAwake = ({ host, daemon }: Node) => !host.isPaused() && daemon !== undefined && !daemon.loop.isHalted();
    const isAsleep = !nodes.every(isAwake);
    const timelessUntilMs = nodes.some(({ host }) => host.isTimeless()) ? nowMs : -Infinity;
    if (isImpaired(access) || isImpaired(server)) impairedMs = nowMs;
    const isBoth = isImpaired(access) && isImpaired(server);
    if (isBoth) bothImpairedMs = nowMs;
    timeless.look(nowMs, timelessUntilMs, isAsleep);
    unaware.look(nowMs, timelessUntilMs, isAsleep || isBoth);
    const isApart = isCut(access) || nodes.some(({ host }) => host.isPaused());
    const isLeft = nodes.some(({ daemon, host }) => !daemon && host.answers());
    const isDeaf = isLeft || nodes.some(({ daemon }) => daemon?.loop.isHalted());
    const isUnknown = nodes.some(isUnheardOf);
    const isSplit = isApart && (isUnknown || isRecent(bothImpairedMs));
    const apartUntilMs = isApart && wasApart ? Math.min(bothImpairedMs + healedWithinMs, nowMs) : -Infinity;
    const isTossUp =
      isBoth && network.stations.misled.size > 0 && Math.max(...ledMs) - Math.min(...ledMs) <= Math.max(...intervalsMs);
    const untilMs = isSplit || isTossUp ? nowMs : apartUntilMs;
    split.look(nowMs, untilMs, isDeaf);
    undiscovered.look(nowMs, untilMs, isBoth || isDeaf);
    wasApart = isApart;
    // Whoever's main thread hangs does not learn what becomes of its targets.
    const isBlind = nodes.some(({ daemon }) => daemon?.main.isHung());
    const isOneSided = !isLeft && isCut(access) && nodes.filter(reachesTarget).length === 1 && !isBlind;
    oneSidedSinceMs = isOneSided ? (oneSidedSinceMs ?? nowMs) : undefined;
  };
  return {
    look,
    /** For how long the access subnet has been split so that there is a reach target on one side alone; 0 while it is not. */
    oneSidedForMs: () => {
      look();
      return oneSidedSinceMs === undefined ? 0 : agenda.nowMs() - oneSidedSinceMs;
    },
    /** How long ago a node last woke that had stood still with all its clocks; infinite where none ever has. */
    wokenForMs: () => {
      look();
      return agenda.nowMs() - timeless.lastMs();
    },
    /** And for how long it has been told since, if it was: a subnet has been whole to beats. */
    toldForMs: () => {
      look();
      return agenda.nowMs() - unaware.lastMs();
    },
    /**
     * Whether the other daemon is dead and its host has said so since, over a network that has been whole all the time. Until
     * it has said so nobody can know: what it may say to one address is limited, and may have been used up. And nobody need
     * believe it before that host has been asked whether it is there, and the answer looked at.
     */
    isAlone: (side: Side): boolean => {
      look();
      const { refusedAtMs } = nodes[side];
      const other = nodes[opposite(side)];
      const wholeSinceMs = Math.max(other.deadSinceMs, impairedMs);
      return (
        !other.daemon &&
        !other.host.isPaused() &&
        refusedAtMs > other.deadSinceMs &&
        agenda.nowMs() - refusedAtMs > PRESENT_WITHIN_MS &&
        wholeSinceMs === other.deadSinceMs
      );
    },
    /**
     * How long the access subnet has been whole, and both daemons awake to it; infinite where it was never split. A double lead
     * begins before the dead time after that.
     */
    wholeForMs: () => {
      look();
      return agenda.nowMs() - split.lastMs();
    },
    /** How long the two could have found out that both lead: a subnet has been whole to their beats as well. */
    healedForMs: () => {
      look();
      return agenda.nowMs() - undiscovered.lastMs();
    },
  };
}
