import type { Meddling } from './fault.ts';
import { SIDES, type Side } from './network.ts';
import { tellByArp } from './questions.ts';
import type { World } from './world.ts';

/** What stations begin that are neither of the two, and go on with for ever. */
export function meddle(world: World, { type, side }: Meddling): void {
  const { network, nodes } = world;
  const victim = nodes[side];
  const begin: Record<Meddling['type'], () => void> = {
    strayHolder: () => {
      network.stations.strayHolder = true;
      again(world, () => sendConflictToAll(world));
    },
    suppressor: () => {
      network.stations.suppressed = side;
    },
    forgedAsks: () => {
      network.stations.misled.add(side);
      again(world, () => victim.host.take(() => victim.daemon?.overheard('asked')));
    },
    forgedRefusals: () => again(world, () => victim.host.take(() => victim.daemon?.refused())),
  };
  begin[type]();
}

const EVERY_MS = 3;

function again(world: World, what: () => void): void {
  what();
  world.agenda.at(world.agenda.nowMs() + EVERY_MS, () => again(world, what));
}

/** Unasked, as if in answer to each of the two. */
function sendConflictToAll(world: World): void {
  const sendConflict = (to: Side) =>
    tellByArp(world, to, { senderMac: 'other station', senderIp: 'nlbs', targetIp: `own ${to}` });
  for (const to of SIDES) sendConflict(to);
}
