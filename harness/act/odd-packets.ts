import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeTcp } from '../capture/tcp.ts';
import { encodeUdp } from '../capture/udp.ts';
import type { ErrorKind } from '../check/errors.ts';
import { malform } from '../fault/malformed.ts';
import { type Random, randomFrom } from '../fault/random.ts';
import type { ProbeEnded } from '../history/event.ts';
import { parseTarget } from '../traffic/message.ts';
import { virtualMac } from './everyday.ts';
import { type Entry, packetForCluster, strangerAt } from './inject.ts';
import type { Scene } from './scene.ts';

/** Packets for the cluster that are not the usual ones. */

/** "No smaller than your own", so that it narrows nothing. */
const NEXT_HOP_MTU = 1500;
const PIECES = 3;
/** A multiple of eight, as all pieces but the last must be. */
const PIECE_BYTES = 400;
/** No operation, three times, and the end of the list (RFC 791 section 3.1). */
const OPTIONS = Uint8Array.of(1, 1, 1, 0);

interface Leg {
  node: string;
  leg: string;
}

/** The router, by its leg to the firewalls, and the firewalls' hardware address there. */
function routerAtFirewalls(scene: Scene): Leg & { to: string } {
  const [router] = scene.lab.nodes('router');
  const [firewall] = scene.lab.nodes('firewall');
  const virtual = firewall?.home.plan.vrrp?.routers.find(({ leg }) =>
    router?.home.plan.legs.some(({ segment }) => segment === leg),
  );
  if (!router || !virtual)
    throw new Error(`the topology ${scene.lab.plan.topology} has no router before the firewalls`);
  return { node: router.name, leg: virtual.leg, to: virtualMac(virtual.id) };
}

/** Of each flow the router tells its server, by way of the firewalls, that a packet to the client went wrong, in each way. */
export function reportErrors(scene: Scene, flows: readonly ProbeEnded[], kinds: readonly ErrorKind[]): void {
  const { node, leg, to } = routerAtFirewalls(scene);
  const macs = { source: scene.mac(node, leg), destination: to, etherType: ETHER_TYPE.ipv4 };
  for (const [number, probe] of flows.entries()) {
    for (const [turn, { type, code }] of kinds.entries()) {
      const ends = { source: scene.address(node, leg), destination: scene.cluster };
      const message = encodeIcmp({ type, code, rest: code === 4 ? NEXT_HOP_MTU : 0, payload: answerOf(probe) });
      const header = { ...ends, protocol: PROTOCOL.icmp, identification: 1 + number * kinds.length + turn };
      scene.inject(node, leg, encodeEthernet(macs, encodeIpv4(header, message)));
    }
  }
}

/** A packet that a flow's server may have sent to the client. */
function answerOf({ flow, protocol }: ProbeEnded): Uint8Array {
  const [, client = '', , target = ''] = flow.split(' ');
  const [to, from] = [parseTarget(client), parseTarget(target)];
  const ends = { source: from.host, destination: to.host };
  const ports = { sourcePort: from.port, destinationPort: to.port };
  const segment =
    protocol === 'udp'
      ? encodeUdp({ ...ends, ...ports, payload: new Uint8Array(8) })
      : encodeTcp({ ...ends, ...ports, sequence: 1, flags: ['ack'] });
  return encodeIpv4({ ...ends, protocol: protocol === 'udp' ? PROTOCOL.udp : PROTOCOL.tcp }, segment);
}

/** The order in which the pieces of a datagram are sent, by their places in it. */
const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 0, 2],
  [0, 1, 2],
];

/**
 * Sends so many datagrams in pieces, in several orders: of flows that have sent two whole ones before, and of new ones, each
 * from an address of its own.
 */
export function sendFragments(scene: Scene, entry: Entry, count: number): void {
  for (let number = 0; number < count; number++) {
    const isKnown = number % 2 === 0;
    const source = strangerAt(scene, 100 + number);
    const sourcePort = 42_000 + number;
    const whole = packetForCluster(scene, entry, sourcePort, { source });
    if (isKnown) for (let time = 0; time < 2; time++) scene.inject(entry.from, 'access', whole);
    const pieces = piecesOf(scene, entry, source, sourcePort);
    const order = ORDERS[(number >> 1) % ORDERS.length] ?? [];
    for (const place of order) scene.inject(entry.from, 'access', pieces[place] ?? whole);
  }
}

/** A datagram of that flow in three pieces, in their order. */
export function piecesOf(scene: Scene, { from, to, port }: Entry, source: string, sourcePort: number): Uint8Array[] {
  const ends = { source, destination: scene.cluster };
  const payload = new Uint8Array(PIECES * PIECE_BYTES - 8);
  const datagram = encodeUdp({ ...ends, sourcePort, destinationPort: port, payload });
  return Array.from({ length: PIECES }, (_, place) => {
    const fragmentOffset = place * PIECE_BYTES;
    const header = { ...ends, protocol: PROTOCOL.udp, fragmentOffset, moreFragments: place < PIECES - 1 };
    const piece = datagram.subarray(fragmentOffset, fragmentOffset + PIECE_BYTES);
    const packet = encodeIpv4({ ...header, identification: 1 + sourcePort - 42_000 }, piece);
    return encodeEthernet({ destination: to, source: scene.mac(from, 'access'), etherType: ETHER_TYPE.ipv4 }, packet);
  });
}

/** Gives what sends the packet of each number: two of three are malformed, the third has options and is sound. */
export function oddPackets(scene: Scene, entries: readonly Entry[]): (number: number) => void {
  const random: Random = randomFrom(scene.seed);
  return (number) => {
    const entry = random.pick(entries);
    const sourcePort = 50_000 + number;
    const isSound = number % 3 === 2;
    const packet = packetForCluster(scene, entry, sourcePort, isSound ? { options: OPTIONS } : {});
    scene.inject(entry.from, 'access', isSound ? packet : malform(number - Math.floor(number / 3), packet, random));
  };
}
