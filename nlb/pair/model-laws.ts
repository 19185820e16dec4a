import type { StateName } from './beat.ts';
import type { Daemon } from './model-daemon.ts';
import type { Side, Wire } from './model-network.ts';
import type { World } from './model-world.ts';
import type { Entry } from './state.ts';

/** What must hold in every history; each broken law throws at once. */
export interface Laws {
  entered(side: Side, entry: Entry): void;
  /** A lease was set, or an alias. */
  claimed(): void;
  stepped(side: Side, daemon: Daemon): void;
  /** From here on nobody may enter any state. */
  nothingMoves(): void;
  /** The network is about to change, or has just changed. */
  networkChanges(): void;
  /** What was entered, for whoever reads of a failure. */
  readonly story: string[];
  /** How long two leases were ever valid at once after the access subnet had healed. */
  worstHealingMs(): number;
}

export class LawBroken extends Error {}

/** Within so long after the access subnet joins the two again, undisturbed, a double lead has ended. */
export const HEALED_WITHIN_MS = 40;

export function openLaws(world: World): Laws {
  const { agenda, nodes } = world;
  const story: string[] = [];
  const states: (StateName | undefined)[] = [undefined, undefined];
  const lives = [0, 0];
  let still = false;
  let worstHealingMs = 0;
  const split = openSplitWatch(world);
  const broken = (law: string) => {
    throw new LawBroken(`${law}, at ${agenda.nowMs().toFixed(2)} ms`);
  };
  return {
    story,
    networkChanges: split.look,
    nothingMoves: () => {
      still = true;
    },
    worstHealingMs: () => worstHealingMs,
    entered: (side, { state, previous, reason }) => {
      story.push(`${agenda.nowMs().toFixed(2)} node ${side}: ${previous} → ${state}: ${reason}`);
      if (still) broken(`node ${side} moved although there was no fault`);
      const { lives: life } = nodes[side];
      const expected = lives[side] === life ? states[side] : 'initial';
      if (previous !== expected) broken(`node ${side} entered ${state} from ${previous}, but was ${expected}`);
      if (lives[side] === life && state === previous) broken(`node ${side} entered ${state} twice`);
      lives[side] = life;
      states[side] = state;
    },
    claimed: () => {
      if (!nodes.every(({ host }) => host.answers())) return;
      const healedMs = split.healedForMs();
      if (healedMs === undefined || healedMs > HEALED_WITHIN_MS) broken('two answered for the address');
      else worstHealingMs = Math.max(worstHealingMs, healedMs);
    },
    stepped: (side, daemon) => {
      const { role } = daemon;
      if (role.state.name !== states[side]) broken(`node ${side} is ${role.state.name} and did not enter it`);
      const { dataPath, clockMs } = nodes[side].host;
      const own = dataPath.leasedBy === nodes[side].lives;
      if (role.state.name !== 'active') {
        if (dataPath.alias) broken(`node ${side} is ${role.state.name} with the alias`);
        if (own && dataPath.answerUntilMs > clockMs()) broken(`node ${side} is ${role.state.name} with a lease`);
      } else if (!own || dataPath.answerUntilMs !== role.state.leaseEndsMs || !dataPath.alias)
        broken(`node ${side} leads without a lease of its own, or the alias`);
    },
  };
}

/**
 * The one case that two nodes cannot tell: the access subnet is split between them, so that the question for the address
 * is not answered, while the server subnet brings no beats, or not all, either. It counts from the first cut to the last
 * moment in which neither subnet was whole.
 */
function openSplitWatch({ agenda, network }: World) {
  const { access, server } = network.wires;
  const isCut = ({ cuts }: Wire) => cuts[0] > 0 || cuts[1] > 0;
  const isImpaired = (wire: Wire) => isCut(wire) || wire.downs.some((downs) => downs > 0) || wire.disturbances.length > 0;
  let lastMs: number | undefined;
  const look = () => {
    const nowMs = agenda.nowMs();
    const goesOn = lastMs !== undefined && nowMs - lastMs <= HEALED_WITHIN_MS && isImpaired(access);
    if (isImpaired(server) && (isCut(access) || goesOn)) lastMs = nowMs;
  };
  return {
    look,
    /** How long a subnet has been whole since both were not; undefined where that never was. */
    healedForMs: () => {
      look();
      return lastMs === undefined ? undefined : agenda.nowMs() - lastMs;
    },
  };
}
