import { createSocket, type Socket } from 'node:dgram';
import type { PathOrders } from './messages.ts';

/** One way to the peer: a UDP socket that is connected, so that the kernel tells of a refusal and lets nobody else in. */
export interface BeatPath {
  readonly name: PathOrders['name'];
  send(datagram: Uint8Array): void;
}

export interface PathListener {
  received(path: PathOrders['name'], datagram: Uint8Array): void;
  /** The peer's host answered that nobody listens there. */
  refused(): void;
  problem(text: string): void;
}

const RETRY_MS = 200;

/** Opens the path, and goes on trying while its own address is not there yet. */
export function openPath(orders: PathOrders, port: number, listener: PathListener): BeatPath {
  let connected: Socket | undefined;
  const open = () => {
    const socket = createSocket('udp4');
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return listener.refused();
      if (socket === connected) return listener.problem(`heartbeat on ${orders.name}: ${error.message}`);
      listener.problem(`cannot beat on ${orders.name}, trying again: ${error.message}`);
      socket.close();
      setTimeout(open, RETRY_MS);
    };
    socket.on('error', failed);
    socket.on('message', (datagram) => listener.received(orders.name, datagram));
    socket.on('connect', () => {
      connected = socket;
    });
    socket.bind({ port, address: orders.own, exclusive: true }, () => socket.connect(port, orders.peer));
  };
  open();
  // A beat that cannot be sent is a beat that the peer misses; nothing else is to be done about it.
  const sent = (error: NodeJS.ErrnoException | null) => {
    if (error?.code === 'ECONNREFUSED') listener.refused();
  };
  return { name: orders.name, send: (datagram) => connected?.send(datagram, sent) };
}
