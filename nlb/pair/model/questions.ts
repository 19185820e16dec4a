import type { AccessAddresses, ArpSeen, Witness } from '../witness.ts';
import { opposite, type Side } from './network.ts';
import type { World } from './world.ts';

/**
 * ARP between the two nodes, and what other stations answer. A kernel answers, whoever is awake; an answer waits in the
 * asker's socket for its next tick.
 */

export const macOf = (side: Side): string => `mac ${side}`;

export const addressesOf = (side: Side): AccessAddresses => ({
  ownMac: macOf(side),
  ownAddress: `own ${side}`,
  peerAddress: `own ${opposite(side)}`,
  nlbs: 'nlbs',
});

type Answer = Pick<ArpSeen, 'senderMac' | 'senderIp' | 'targetIp'>;

/** An answer comes to a node. */
export function tellByArp({ network, nodes }: World, to: Side, answer: Answer): void {
  const { host } = nodes[to];
  const packet: ArpSeen = { operation: 'reply', sourceMac: answer.senderMac, targetMac: macOf(to), ...answer };
  network.reply(opposite(to), () => host.take(() => nodes[to].daemon?.overheard(packet)));
}

/** The question for the NLBS address: to the witness; and to everybody, that this node is about to lead. */
export function askAddress(world: World, from: Side, witness: Witness): void {
  if (witness.mac === undefined) askPeer(world, from);
  else askWitness(world, from, witness);
  const asked = world.nodes[opposite(from)];
  world.network.ask(from, 'everybody', () => asked.host.take(() => asked.daemon?.overheard('asked')));
  othersAnswer(world, from, '0.0.0.0');
}

function askWitness(world: World, from: Side, { mac }: Witness): void {
  const asked = world.nodes[opposite(from)];
  if (mac !== macOf(asked.side)) return;
  world.network.ask(from, 'witness', () =>
    asked.host.take(() => {
      if (asked.host.answers()) answer(world, from, 'nlbs');
    }),
  );
}

/** Whether the peer's host is there: its kernel answers for its own address, by whatever life and lease. */
export function askPeer(world: World, from: Side): void {
  const { host, side } = world.nodes[opposite(from)];
  world.network.ask(from, 'presence', () => host.take(() => answer(world, from, `own ${side}`)));
}

function answer(world: World, to: Side, senderIp: string): void {
  tellByArp(world, to, { senderMac: macOf(opposite(to)), senderIp, targetIp: `own ${to}` });
}

/** What is broadcast about the NLBS address, others may answer. */
export function othersAnswer(world: World, to: Side, targetIp: string): void {
  const { strayHolder, suppressed } = world.network.stations;
  const sendConflict = (senderMac: string) => tellByArp(world, to, { senderMac, senderIp: 'nlbs', targetIp });
  if (strayHolder) sendConflict('other station');
  if (suppressed !== undefined && suppressed !== to) sendConflict(macOf(suppressed));
}
