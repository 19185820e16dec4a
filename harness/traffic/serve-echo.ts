import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { encodeAnswer, FrameReader, toFrame } from './frame.ts';
import type { Served } from './serve-http.ts';

/** Room for what arrives while the server is not scheduled. The kernel gives less where its limit is lower. */
const receiveBufferBytes = 4 << 20;

/** A TCP server that returns every message with its name in front. */
export function echoServer(name: string, onServed: (served: Served) => void): Server {
  return createServer({ noDelay: true }, (socket) => {
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    onServed({ protocol: 'tcp', client: `${remoteAddress}:${remotePort}`, target: `${localAddress}:${localPort}` });
    const frames = new FrameReader();
    socket.on('data', (piece: Buffer) => answer(socket, frames, piece, name));
    // A client that is gone is the client's affair.
    socket.on('error', () => socket.destroy());
  });
}

function answer(socket: Socket, frames: FrameReader, piece: Buffer, name: string): void {
  try {
    for (const request of frames.push(piece)) socket.write(toFrame(encodeAnswer(name, request)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    socket.resetAndDestroy();
  }
}

/**
 * A UDP server on one address. It is bound to the address, not to all: an answer must come from the address that was asked, and
 * the kernel would choose another for a socket that is bound to none.
 */
export function echoDatagrams(name: string, address: string, onServed: (served: Served) => void): DatagramSocket {
  const socket = createSocket({ type: 'udp4', recvBufferSize: receiveBufferBytes });
  let target = '';
  socket.on('listening', () => {
    target = `${address}:${socket.address().port}`;
  });
  socket.on('message', (request, from) => {
    onServed({ protocol: 'udp', client: `${from.address}:${from.port}`, target });
    // What cannot be sent (a full queue, no route) is lost, as datagrams are.
    socket.send(encodeAnswer(name, request), from.port, from.address, () => {});
  });
  return socket;
}
