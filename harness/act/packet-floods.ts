import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import type { TcpFlag } from '../capture/tcp.ts';
import type { ProbeEnded } from '../history/event.ts';
import { parseTarget } from '../traffic/message.ts';
import { type Entry, packetForCluster, strangerAt } from './inject.ts';
import { piecesOf } from './odd-packets.ts';
import type { Scene } from './scene.ts';

/** Packets for the cluster that nobody asked for, many of them, and such as are forged in a client's name. */

/** Where a flood comes from: the address and the port of each of its flows. */
export interface Sources {
  source(number: number): string;
  sourcePort(number: number): number;
}

const LOWEST_PORT = 1024;
/** For measurements (RFC 2544 appendix C.2.2), so that nobody has them. */
const MADE_UP_NETWORK = '198.18';

/** 512 addresses of which routers know nothing, and say so. */
export const madeUp: Sources = {
  source: (number) => `${MADE_UP_NETWORK}.${number & 1}.${(number >> 1) & 255}`,
  sourcePort: (number) => LOWEST_PORT + Math.floor(number / 512),
};

/** 128 addresses beside the first client, of which nobody says anything for a while. */
export const beside = (scene: Scene): Sources => ({
  source: (number) => strangerAt(scene, 100 + (number % 128)),
  sourcePort: (number) => LOWEST_PORT + Math.floor(number / 128),
});

/** Gives what sends a packet of the flow of each number; TCP's with those control bits. */
export function packetsOfFlows(
  scene: Scene,
  entry: Entry,
  { source, sourcePort }: Sources,
  flags: TcpFlag[] = ['syn'],
): (number: number) => void {
  return (number) => {
    const from = { source: source(number), flags };
    scene.inject(entry.from, 'access', packetForCluster(scene, entry, sourcePort(number), from));
  };
}

/** Gives what sends, of the datagram of each number, a fragment from its middle, and no other. */
export function middlesOfDatagrams(
  scene: Scene,
  { from, to }: Entry,
  { source, sourcePort }: Sources,
): (number: number) => void {
  const header = { protocol: PROTOCOL.udp, fragmentOffset: 8, moreFragments: true, destination: scene.cluster };
  const ethernet = { destination: to, source: scene.mac(from, 'access'), etherType: ETHER_TYPE.ipv4 };
  return (number) => {
    const flow = { source: source(number), identification: sourcePort(number) };
    const packet = encodeIpv4({ ...header, ...flow }, new Uint8Array(8));
    scene.inject(from, 'access', encodeEthernet(ethernet, packet));
  };
}

/** In the name of each flow's client: what seems to end the connection, and then what seems to begin it again. */
export function forgeEnds(scene: Scene, entry: Entry, flows: readonly ProbeEnded[], ends: TcpFlag[][]): void {
  for (const { flow } of flows) {
    const [, client = ''] = flow.split(' ');
    const { host: source, port } = parseTarget(client);
    for (const flags of [...ends, ['syn'] satisfies TcpFlag[]])
      scene.inject(entry.from, 'access', packetForCluster(scene, entry, port, { source, flags }));
  }
}

/** The order of a datagram's pieces, by their places in it. */
const ORDERS = [
  [0, 1, 2],
  [1, 0, 2],
] as const;
const FIRST_STRANGER = 100;
const FIRST_PORT = 42_000;

/** Datagrams in pieces, each from an address of its own. */
export interface Datagrams {
  /** The flows of every other one send two whole datagrams. */
  begin(): void;
  /** The pieces of the datagram of that number that come before the flood, and those that come after it. */
  before(number: number): void;
  after(number: number): void;
}

/**
 * Those that come in order and are of a known flow are torn by the flood: their beginning comes before it. Others come whole
 * in the midst of it.
 */
export function openDatagrams(scene: Scene, entry: Entry): Datagrams {
  const source = (number: number): string => strangerAt(scene, FIRST_STRANGER + number);
  const send = (number: number, pick: (order: readonly number[]) => readonly number[]): void => {
    const pieces = piecesOf(scene, entry, source(number), FIRST_PORT + number);
    const order = ORDERS[(number >> 1) % ORDERS.length] ?? [];
    for (const place of pick(order)) scene.inject(entry.from, 'access', pieces[place] ?? new Uint8Array());
  };
  const isTorn = (number: number): boolean => number % 4 === 0;
  return {
    begin: () => {
      for (let number = 0; number < DATAGRAMS; number += 2) {
        const whole = packetForCluster(scene, entry, FIRST_PORT + number, { source: source(number) });
        for (let time = 0; time < 2; time++) scene.inject(entry.from, 'access', whole);
      }
    },
    before: (number) => send(number, (order) => (isTorn(number) ? order.slice(0, 1) : order)),
    after: (number) => send(number, (order) => (isTorn(number) ? order.slice(1) : [])),
  };
}

/** So many in pieces. */
export const DATAGRAMS = 96;
