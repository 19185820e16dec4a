import { createSocket, type Socket } from 'node:dgram';
import type { PathName } from '../../pair/beat.ts';

export interface Endpoint {
  address: string;
  port: number;
}

/** One way to the peer. */
export interface PathAddresses {
  name: PathName;
  own: Endpoint;
  peer: Endpoint;
}

export interface PathSocket {
  send(datagram: Uint8Array): void;
  close(): void;
}

const RETRY_MS = 200;
/** A burst of some hundred datagrams waits in the kernel while this thread does something else; beyond that they are sent again. */
const BUFFER_BYTES = 1 << 20;

/** A UDP socket that is connected, so that the kernel lets nobody else in. Goes on trying while its own address is not there yet. */
export function openPathSocket(
  { name, own, peer }: PathAddresses,
  received: (datagram: Uint8Array) => void,
  problem: (text: string) => void,
): PathSocket {
  let connected: Socket | undefined;
  let isClosed = false;
  let socket = open();
  function open(): Socket {
    const next = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES });
    next.on('message', received);
    next.on('connect', () => {
      connected = next;
    });
    next.on('error', (error: NodeJS.ErrnoException) => {
      // Nobody listens there, which the peer's own silence shows.
      if (error.code === 'ECONNREFUSED') return;
      if (next === connected) return problem(`sync on ${name}: ${error.message}`);
      problem(`cannot sync on ${name}, trying again: ${error.message}`);
      next.close();
      setTimeout(() => {
        if (!isClosed) socket = open();
      }, RETRY_MS);
    });
    next.bind({ port: own.port, address: own.address, exclusive: true }, () => {
      if (!isClosed) next.connect(peer.port, peer.address);
    });
    return next;
  }
  return {
    // What cannot be sent is sent again.
    send: (datagram) => connected?.send(datagram, () => {}),
    close: () => {
      isClosed = true;
      connected = undefined;
      socket.close();
    },
  };
}
