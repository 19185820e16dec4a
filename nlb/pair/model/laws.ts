import type { StateName } from '../beat.ts';
import { hasLetGo, isAlive } from '../peer.ts';
import { type Entry, type Event, standing } from '../state.ts';
import type { Daemon } from './daemon.ts';
import { openDutyWatch } from './duty.ts';
import { openHearingWatch } from './hearing.ts';
import { openLettingGoWatch } from './letting-go.ts';
import { opposite, type Side } from './network.ts';
import { openSplitWatch, WOKEN_WITHIN_MS } from './split.ts';
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

/** What a node says of its lead comes so much later at the most, where it is lost or late on its way, not kept back before. */
const LED_WITHIN_MS = 300;

/** Two looks at the targets, the silence of the peer, and the lease: after that a side without a target leads no more. */
const NOTICED_WITHIN_MS = 200;

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
  /** When each last let go of it. */
  const letGoMs = [-Infinity, -Infinity];
  const split = openSplitWatch(world, healedWithinMs, ledMs);
  const hearing = openHearingWatch(world);
  const clings = openDutyWatch(world);
  const takeovers = openTakeoverWatch(world);
  const lettingGo = openLettingGoWatch(world);
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
    happens: (side, event) => {
      takeovers.happens(side, event);
      lettingGo.happens(side, event);
    },
    entered: (side, entry) => {
      const { state, previous, reason, atMs } = entry;
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
      const other = opposite(side);
      const leads = states[other] === 'active' || nodes[other].host.answers();
      const hasLed = leads || agenda.nowMs() - (letGoMs[other] ?? 0) < LED_WITHIN_MS;
      // One that stood still with all its clocks reads what was said meanwhile, the oldest first.
      const mayKnow = split.wokenForMs() > WOKEN_WITHIN_MS;
      if (previous === 'active' && reason.includes('leads too') && !hasLed && mayKnow)
        broken(`node ${side} yielded to one that has not led for long`);
      const tooSoonMs = previous === 'standby' && state === 'active' ? takeovers.tooSoonMs(side, atMs) : undefined;
      if (tooSoonMs !== undefined)
        broken(`node ${side} took over from a leader that it had heard ${tooSoonMs} ms before`);
      if (lettingGo.isTooSoon(side, entry)) broken(`node ${side} gave the lead away before its log was complete`);
      if (lives[side] === life && state === previous) broken(`node ${side} entered ${state} twice`);
      if (states[side] === 'active') letGoMs[side] = agenda.nowMs();
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
