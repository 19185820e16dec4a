import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { PathName } from '../../pair/beat.ts';
import type { Endpoint, PathAddresses } from './socket.ts';

/** A network between two nodes for tests, on loopback addresses: what it does to each datagram is given. */
export interface Network {
  one: PathAddresses[];
  other: PathAddresses[];
  close(): void;
}

/** How many milliseconds later each copy arrives: none is lost, two are one too many. */
type Fate = (path: PathName, to: 'one' | 'other') => number[];

const PATHS: readonly PathName[] = ['server', 'access'];
/** Loopback addresses of this process alone, one for each end, so that a port which was free stays so. */
const hostOf = (end: number): string => `127.${100 + end}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const RELAY = hostOf(9);

export async function openNetwork(fate: Fate): Promise<Network> {
  const relays: Socket[] = [];
  let isClosed = false;
  const isOpen = () => !isClosed;
  const [one, other]: [PathAddresses[], PathAddresses[]] = [[], []];
  for (const [index, name] of PATHS.entries()) {
    const [toOne, toOther] = [await bound(), await bound()];
    relays.push(toOne, toOther);
    const [ownOne, ownOther] = [await freeEnd(2 * index), await freeEnd(2 * index + 1)];
    one.push({ name, own: ownOne, peer: endOf(toOne) });
    other.push({ name, own: ownOther, peer: endOf(toOther) });
    carry(toOne, toOther, ownOther, () => fate(name, 'other'), isOpen);
    carry(toOther, toOne, ownOne, () => fate(name, 'one'), isOpen);
  }
  return {
    one,
    other,
    close: () => {
      isClosed = true;
      for (const relay of relays) relay.close();
    },
  };
}

function carry(from: Socket, via: Socket, to: Endpoint, fate: () => number[], isOpen: () => boolean): void {
  from.on('message', (datagram) => {
    for (const ms of fate()) {
      const send = () => {
        if (isOpen()) via.send(datagram, to.port, to.address, () => {});
      };
      if (ms === 0) send();
      else setTimeout(send, ms).unref();
    }
  });
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.on('error', () => {});
  socket.bind(0, RELAY);
  await once(socket, 'listening');
  return socket;
}

const endOf = (socket: Socket): Endpoint => ({ address: RELAY, port: socket.address().port });

/** Two links without a relay between them: of each node, by each path. */
export async function openWire(): Promise<Network> {
  const [one, other]: [PathAddresses[], PathAddresses[]] = [[], []];
  for (const [index, name] of PATHS.entries()) {
    const [ownOne, ownOther] = [await freeEnd(2 * index), await freeEnd(2 * index + 1)];
    one.push({ name, own: ownOne, peer: ownOther });
    other.push({ name, own: ownOther, peer: ownOne });
  }
  return { one, other, close: () => {} };
}

async function freeEnd(end: number): Promise<Endpoint> {
  const address = hostOf(end);
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return { address, port };
}
