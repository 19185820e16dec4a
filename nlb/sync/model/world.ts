import type { FromActive, FromStandby } from '../records.ts';
import type { Action } from './action.ts';
import { learnServers, lookAgain, passBarriers, readFrame, review, walkOn, wish } from './duties.ts';
import { openLaws } from './laws.ts';
import { standBy } from './leading.ts';
import { type Around, newNode } from './node.ts';
import { begin, changeRoles } from './roles.ts';
import { leaderOf, otherOf, type Scene, type World } from './state.ts';
import type { Machine } from './surroundings.ts';
import { endAnyProgram, endPrograms, talk, travel, wait } from './traffic.ts';
import { openTruth, SERVERS } from './truth.ts';

/** So many datagrams are under way at once; the oldest ones are lost. */
const UNDER_WAY = 24;

/** Both nodes are there, and the first leads. */
export function openWorld(machine: Machine): World {
  const network: World['network'] = [];
  const nodes = [newNode(), newNode()] as const;
  const scene: Scene = {
    nodes,
    truth: openTruth(),
    network,
    nowMs: 0,
    leader: 0,
    machine,
    moved: new Set(),
    wasInStep: false,
  };
  const laws = openLaws(scene);
  let numbers = 0;
  const send = (datagram: FromActive | FromStandby): void => {
    if (network.push(datagram) > UNDER_WAY) network.shift();
  };
  const around: Around = {
    machine: { ...machine, openActive: (options) => machine.openActive({ ...options, logged: laws.logged }) },
    truth: scene.truth,
    nowMs: () => scene.nowMs,
    newNumber: () => ++numbers,
    send,
    releases: laws.releases,
    reads: laws.reads,
  };
  const world: World = Object.assign(scene, { laws, around });
  begin(world, 'first');
  standBy(nodes[1], around);
  return world;
}

export function perform(world: World, action: Action): void {
  carry(world, action);
  world.laws.afterStep();
  for (const node of world.nodes) passBarriers(node, world.around);
  world.laws.afterStep();
}

function carry(world: World, action: Action): void {
  const { around, truth } = world;
  const leader = leaderOf(world);
  switch (action.do) {
    case 'talk':
    case 'slow':
    case 'last':
    case 'again':
      talk(world, action);
      return;
    case 'program':
      endAnyProgram(world, action.pick);
      return;
    case 'frame':
      if (leader.active) readFrame(leader, around);
      return;
    case 'walk':
      walkOn(leader, around);
      return;
    case 'review':
      review(leader, around);
      return;
    case 'look':
      lookAgain(leader, around);
      return;
    case 'notice':
      learnServers(leader, around);
      return;
    case 'noticeOther':
      learnServers(otherOf(world), around);
      return;
    case 'wish':
      wish(leader, around, action.slot, SERVERS[action.server % SERVERS.length] ?? '');
      return;
    case 'die':
      truth.die(SERVERS[action.server % SERVERS.length] ?? '');
      return;
    case 'revive':
      // A server is away for longer than programs run, or an old active forwards.
      endPrograms(world);
      if (!isForwardingDead(world)) truth.dead.delete(SERVERS[action.server % SERVERS.length] ?? '');
      return;
    case 'wait':
      wait(world, action.ms);
      return;
    case 'deliver':
    case 'lose':
    case 'twice':
      travel(world, action);
      return;
    default:
      changeRoles(world, action.do);
  }
}

const isForwardingDead = ({ nodes, nowMs }: World): boolean =>
  nodes.some(({ active, forwardsUntilMs }) => !active && nowMs <= forwardsUntilMs);
