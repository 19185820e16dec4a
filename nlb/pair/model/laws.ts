import type { StateName } from '../beat.ts';
import { hasLetGo, isAlive } from '../peer.ts';
import { type Entry, type Event, standing } from '../state.ts';
import type { Daemon } from './daemon.ts';
import { openDutyWatch } from './duty.ts';
import { joins, opposite, PATHS, SIDES, type Side, type Wire } from './network.ts';
import { openTakeoverWatch } from './takeover.ts';
import type { Node, World } from './world.ts';

/** What must hold in every history; each broken law throws at once. */
export interface Laws {
  /** What a role is about to be stepped by. */
  happens(side: Side, event: Event): void;
  entered(side: Side, entry: Entry): void;
  /** A lease is about to be set. */
  beforeLeaseChange(side: Side): void;
  /** A lease was set, or an alias. */
  afterLeaseChange(side: Side): void;
  stepped(side: Side, daemon: Daemon): void;
  /** The data path of a silent peer is ordered to forward no more. */
  fences(side: Side): void;
  announces(side: Side): void;
  /** From here on nobody may enter any state. */
  nothingMoves(): void;
  /** The network is about to change, or has just changed; or what a node can say on it. */
  networkChanges(): void;
  /** What was entered, for whoever reads of a failure. */
  readonly timeline: string[];
  /** How long two leases were ever valid at once after the access subnet had healed. */
  worstHealingMs(): number;
  /** And after a node had woken that stood still with all its clocks, so that it could not know. */
  worstWakingMs(): number;
}

export class LawBroken extends Error {}

/** Of two that lead, the one that hears the other has let go within so long: that they differ so must have lasted two beats. */
const YIELDED_WITHIN_MS = 70;

/** Two looks at the targets, the silence of the peer, and the lease: after that a side without a target leads no more. */
const NOTICED_WITHIN_MS = 200;

/**
 * Whoever stood still with all its clocks wakes to a lease that its successor took for over. One interval until it ticks, having
 * read what its peer says; one until that one hears, where it is the one to yield.
 */
const WOKEN_WITHIN_MS = 25;

/** @param healedWithinMs after a split subnet is whole again, a double lead has ended within so long */
export function openLaws(world: World, healedWithinMs: number): Laws {
  const { agenda, nodes } = world;
  const timeline: string[] = [];
  const states: (StateName | undefined)[] = [undefined, undefined];
  const lives = [0, 0];
  const startedMs = [0, 0];
  /** Whose lease had run out when it was to be set. */
  const lapsed = [false, false];
  const fenced = [false, false];
  let still = false;
  let worstHealingMs = 0;
  let worstWakingMs = 0;
  /** Since when both answer. */
  let doubleSinceMs: number | undefined;
  /** When each last took the lead. */
  const ledMs = [-Infinity, -Infinity];
  const split = openSplitWatch(world, healedWithinMs, ledMs);
  const hearing = openHearingWatch(world);
  const clings = openDutyWatch(world);
  const takeovers = openTakeoverWatch(world);
  const broken = (law: string) => {
    throw new LawBroken(`${law}, at ${agenda.nowMs().toFixed(2)} ms`);
  };
  return {
    timeline,
    networkChanges: () => {
      split.look();
      hearing.look();
    },
    nothingMoves: () => {
      still = true;
    },
    worstHealingMs: () => worstHealingMs,
    worstWakingMs: () => worstWakingMs,
    happens: takeovers.happens,
    entered: (side, { state, previous, reason, atMs }) => {
      timeline.push(`${agenda.nowMs().toFixed(2)} node ${side}: ${previous} → ${state}: ${reason}`);
      if (still) broken(`node ${side} moved although there was no fault`);
      const { lives: life, settings } = nodes[side];
      if (lives[side] !== life) startedMs[side] = agenda.nowMs();
      // One that has just started does not know who is there.
      const hasSettledIn = agenda.nowMs() - (startedMs[side] ?? 0) > settings.deadAfterMs;
      if (reason.startsWith('cut off') && hasSettledIn && split.isAlone(side))
        broken(`node ${side} gave up, though nobody could lead but it`);
      const expected = lives[side] === life ? states[side] : 'initial';
      if (previous !== expected) broken(`node ${side} entered ${state} from ${previous}, but was ${expected}`);
      const tooSoonMs = previous === 'standby' && state === 'active' ? takeovers.tooSoonMs(side, atMs) : undefined;
      if (tooSoonMs !== undefined)
        broken(`node ${side} took over from a leader that it had heard ${tooSoonMs} ms before`);
      if (lives[side] === life && state === previous) broken(`node ${side} entered ${state} twice`);
      lives[side] = life;
      states[side] = state;
      if (state === 'active') ledMs[side] = agenda.nowMs();
    },
    fences: (side) => {
      fenced[side] = true;
    },
    announces: (side) => {
      if (!fenced[side] && isFrozenLeader(nodes[opposite(side)]) && isSilentTo(nodes[side]))
        broken(`node ${side} leads, and did not fence the other, which is frozen`);
      fenced[side] = false;
    },
    beforeLeaseChange: (side) => {
      split.look();
      const { dataPath, clockMs } = nodes[side].host;
      lapsed[side] = dataPath.alias && dataPath.answerUntilMs !== 0 && dataPath.answerUntilMs <= clockMs();
    },
    afterLeaseChange: (side) => {
      if (lapsed[side] && nodes[side].host.answers()) broken(`node ${side} revived a lease that had run out`);
      lapsed[side] = false;
      const isDouble = nodes.every(({ host }) => host.answers());
      const begins = doubleSinceMs === undefined;
      doubleSinceMs = isDouble ? (doubleSinceMs ?? agenda.nowMs()) : undefined;
      if (doubleSinceMs === undefined) return;
      const healedMs = begins ? split.wholeForMs() : split.healedForMs();
      const wokenMs = begins ? split.wokenForMs() : split.toldForMs();
      if (healedMs <= healedWithinMs) worstHealingMs = Math.max(worstHealingMs, healedMs);
      else if (wokenMs <= WOKEN_WITHIN_MS) worstWakingMs = Math.max(worstWakingMs, wokenMs);
      else broken('two answered for the address');
      const nowMs = agenda.nowMs();
      if (hearing.forMs(doubleSinceMs) > YIELDED_WITHIN_MS) broken('two led on, though one of them heard the other');
      const noticedMs = Math.min(split.oneSidedForMs(), nowMs - doubleSinceMs, wokenMs);
      if (noticedMs > NOTICED_WITHIN_MS) broken('two answered, and one of them met no reach target');
    },
    stepped: (side, daemon) => {
      const { role, looked } = daemon;
      if (role.state.name === 'active' && looked.unguarded.length > 0)
        broken(`node ${side} leads, and has an interface without the data path`);
      if (looked.absent.length > 0 && standing(role, role.tickedAtMs, daemon.at.settings).fitness === 'fit')
        broken(`node ${side} says that it is fit, and an interface of it is away`);
      if (role.state.name !== states[side]) broken(`node ${side} is ${role.state.name} and did not enter it`);
      if (clings(side, daemon)) broken(`node ${side} leads without the address, and its peer could`);
      const { dataPath, clockMs } = nodes[side].host;
      const own = dataPath.leasedBy === nodes[side].lives;
      if (role.state.name !== 'active') {
        if (daemon.hasInheritedLease()) return;
        if (dataPath.alias) broken(`node ${side} is ${role.state.name} with the alias`);
        if (own && dataPath.answerUntilMs > clockMs()) broken(`node ${side} is ${role.state.name} with a lease`);
      } else if (isHalfDead(daemon)) broken(`node ${side} leads, half dead, though its peer is fit`);
      else if (!own || dataPath.answerUntilMs !== role.state.leaseEndsMs || !dataPath.alias)
        broken(`node ${side} leads without a lease of its own, or the alias`);
    },
  };
}

/** Whether the host is there that refuses beats is asked at once; the answer is looked at with the next tick. */
const PRESENT_WITHIN_MS = 12;

/** How late the main thread's last words may have been on their way, and how long the tick after the bound may take. */
const TELLING_MS = 100;

/** Its main thread has hung for so long that it should have made way, and its peer could lead. */
function isHalfDead(daemon: Daemon): boolean {
  const { peer } = daemon.role;
  const { settings } = daemon.at;
  const isPeerFit = isAlive(peer, settings) && peer.standing.fitness === 'fit' && peer.standing.state !== 'inop';
  return isPeerFit && daemon.main.hungForMs() > settings.staleAfterMs + TELLING_MS;
}

/** Its daemon may wake, and led: nobody gave the lease back that is over by now. */
function isFrozenLeader({ daemon, host }: Node): boolean {
  const { answerUntilMs } = host.dataPath;
  return daemon?.loop.isHalted() === true && answerUntilMs !== 0 && answerUntilMs <= host.clockMs();
}

const isSilentTo = ({ daemon, settings }: Node): boolean =>
  daemon !== undefined && !hasLetGo(daemon.role.peer, settings);

/** Whether what the other node sends comes to this one, which believes it and is awake to it. A lease that was left ends by itself. */
export function hears({ network, nodes }: World, side: Side): boolean {
  const [own, other] = [nodes[side], nodes[opposite(side)]];
  const isAwake = [own, other].every(
    ({ daemon, host }) => daemon && !daemon.loop.isHalted() && !daemon.hasInheritedLease() && !host.isPaused(),
  );
  const isBelieved = own.daemon?.talk.believes() === other.lives;
  const isOpen = PATHS.some(
    (path) => joins(network.wires[path], other.side) && network.wires[path].disturbances.length === 0,
  );
  return isAwake && isBelieved && isOpen;
}

/** Whoever is heard again knows it within so long: its next beat, and the one that acknowledges it. */
const ACKNOWLEDGED_WITHIN_MS = 25;

/**
 * For how long one of the two has heard the other without a break. That the other does not hear it, it finds by its own
 * clock: by as much as that has stood still since the other last heard it, it finds that later.
 */
function openHearingWatch(world: World) {
  const sinceMs: (number | undefined)[] = [undefined, undefined];
  const [stoppedMs, behindMs] = [[...sinceMs], [0, 0]];
  const look = () => {
    const nowMs = world.agenda.nowMs();
    for (const side of SIDES) {
      const beganMs = stoppedMs[side];
      stoppedMs[side] = world.nodes[side].host.isTimeless() ? (beganMs ?? nowMs) : undefined;
      if (beganMs !== undefined && stoppedMs[side] === undefined)
        behindMs[side] = (behindMs[side] ?? 0) + nowMs - beganMs;
      if (nowMs - (sinceMs[opposite(side)] ?? nowMs) > ACKNOWLEDGED_WITHIN_MS) behindMs[side] = 0;
      sinceMs[side] = hears(world, side) ? (sinceMs[side] ?? nowMs) : undefined;
    }
  };
  return {
    look,
    /** Not counting what was before some instant. */
    forMs: (fromMs: number) => {
      look();
      const nowMs = world.agenda.nowMs();
      const heardMs = SIDES.map((side) => nowMs - Math.max(sinceMs[side] ?? nowMs, fromMs) - (behindMs[side] ?? 0));
      return Math.max(...heardMs);
    },
  };
}

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
function openSplitWatch({ agenda, network, nodes }: World, healedWithinMs: number, ledMs: readonly number[]) {
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
