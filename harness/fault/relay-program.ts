import { readSync } from 'node:fs';
import { callKernel, SyscallError } from '../capture/libc.ts';
import { bindToEverything, openPacketSocket, PACKET_OPTION, setPacketOption } from '../capture/packet-socket.ts';
import { deviceIndex } from '../driver/device.ts';
import { type ImpairedCounts, ImpairedDirection } from './impairment.ts';
import { randomFrom } from './random.ts';
import type { RelayOrder } from './relay.ts';

/**
 * `node relay-program.ts ORDER`: passes frames on between two devices of its network namespace, with what the order does to them, until its
 * standard input ends; then says what it did. One thread waits for frames and for the next one that is due: a process that
 * must keep time to a fraction of a millisecond has no use for an event loop.
 */
const order = JSON.parse(process.argv[2] ?? '{}') as RelayOrder;
const POLLIN = 1;
const MSG_DONTWAIT = 0x40;
const LONGEST_FRAME = 65_536;

const random = randomFrom(order.seed);
const ends = [order.near, order.far].map((device) => openEnd(device));
const directions = [order.toFar, order.toNear].map(
  (impairment) => new ImpairedDirection<Uint8Array>(impairment, random),
);
/** struct pollfd: two packet sockets, and standard input. */
const polled = Buffer.alloc(3 * 8);
for (const [index, fd] of [...ends, 0].entries()) {
  polled.writeInt32LE(fd, index * 8);
  polled.writeInt16LE(POLLIN, index * 8 + 4);
}
const room = Buffer.alloc(LONGEST_FRAME);

function openEnd(device: string): number {
  const fd = openPacketSocket();
  // What the relay itself sends there comes from the other side.
  setPacketOption(fd, PACKET_OPTION.ignoreOutgoing, 1);
  bindToEverything(fd, deviceIndex(device));
  return fd;
}

function receiveAll(fd: number, direction: ImpairedDirection<Uint8Array>): void {
  for (;;) {
    try {
      const bytes = Number(callKernel('recv', 'a frame', fd, room, room.length, MSG_DONTWAIT));
      direction.take(Uint8Array.from(room.subarray(0, bytes)), performance.now());
    } catch (error) {
      if (error instanceof SyscallError && error.errno === 'EAGAIN') return;
      throw error;
    }
  }
}

/** A frame that the other end does not take, because it is down, is lost as on a cable. */
function send(fd: number, frame: Uint8Array): void {
  try {
    callKernel('send', `a frame of ${frame.length} bytes`, fd, frame, frame.length, 0);
  } catch (error) {
    if (!(error instanceof SyscallError) || !['ENETDOWN', 'ENOBUFS'].includes(error.errno)) throw error;
  }
}

/** Milliseconds that may pass until something is due. Rounded down: the last fraction is spent looking. */
function waitMs(): number {
  const nextMs = Math.min(...directions.map((direction) => direction.nextMs()));
  return nextMs === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.floor(nextMs - performance.now()));
}

function passOn(): void {
  for (const [index, direction] of directions.entries()) {
    const to = ends[1 - index] ?? -1;
    for (const frame of direction.due(performance.now())) send(to, frame);
  }
}

console.log('ready');
for (;;) {
  callKernel('poll', 'the two ends of a relay', polled, 3, waitMs());
  if (polled.readInt16LE(2 * 8 + 6) !== 0 && readSync(0, Buffer.alloc(64)) === 0) break;
  for (const [index, direction] of directions.entries()) receiveAll(ends[index] ?? -1, direction);
  passOn();
}
const [toFar, toNear] = directions.map(({ counts }) => counts) as [ImpairedCounts, ImpairedCounts];
console.log(JSON.stringify({ toFar, toNear }));
