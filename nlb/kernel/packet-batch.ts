import koffi from 'koffi';
import { lastErrno, recvmmsg, sendmmsg } from './libc.ts';
import { VNET_HEADER_BYTES } from './packet-port.ts';
import { SyscallError } from './syscall-error.ts';

/**
 * Room for frames that come in and go out again together, a system call for all of them. They are numbered from zero, and
 * stay where the kernel has put them until the next receive().
 */
export interface PacketBatch {
  /** Take in what waits on the port, and never wait. @returns how many frames there are now. Throws SyscallError. */
  receive(port: number): number;
  /** As it was on the wire, its VLAN tag in place, which the kernel keeps elsewhere: such a frame is a copy. */
  frame(index: number): Buffer;
  /** Put other octets at the frame's beginning, in its place. */
  overwrite(index: number, octets: Uint8Array): void;
  /** Where receive offload has put segments together: octets of data in each. They leave one by one. */
  segmentBytes(index: number): number | undefined;
  /**
   * Send these frames on by the port, without their tags. Returns those that the kernel has refused, which are lost: the
   * interface is down or has gone, its queue is full, or they are too long for it.
   */
  send(port: number, indices: readonly number[]): number[];
}

export const BATCH_FRAMES = 64;
/** What receive offload has put together comes as one frame of up to 64 KiB. */
const ROOM_BYTES = VNET_HEADER_BYTES + 18 + 65_536 + 4;
const CONTROL_BYTES = 64;
/** struct mmsghdr with its msghdr, struct iovec: offsets on 64-bit machines. */
const MESSAGE = { size: 64, parts: 16, partCount: 24, control: 32, controlBytes: 40, bytes: 56 } as const;
const PART = { size: 16, at: 0, bytes: 8 } as const;
/** struct cmsghdr is 16 octets; struct tpacket_auxdata follows. */
const AUX = { status: 16, tci: 32, tpid: 34 } as const;
/** struct virtio_net_hdr, in the machine's order. */
const VNET = { segmentation: 1, segmentBytes: 4 } as const;
const STATUS_VLAN_VALID = 1 << 4;
const STATUS_VLAN_TPID_VALID = 1 << 6;
const TPID_8021Q = 0x8100;
const MACS_BYTES = 12;
const MSG_DONTWAIT = 0x40;
/** Nothing is there; a signal; the interface is down or has gone, which the kernel says once. */
const NOTHING = ['EAGAIN', 'EINTR', 'ENETDOWN', 'ENXIO', 'ENODEV'];

export function openBatch(): PacketBatch {
  const rooms = Buffer.alloc(BATCH_FRAMES * ROOM_BYTES);
  const controls = Buffer.alloc(BATCH_FRAMES * CONTROL_BYTES);
  const [incoming, outgoing] = [messages(), messages()];
  for (let index = 0; index < BATCH_FRAMES; index++) {
    place(incoming, index, { at: roomAt(rooms, index), bytes: ROOM_BYTES });
    incoming.headers.writeBigUInt64LE(
      addressAt(controls, index * CONTROL_BYTES),
      index * MESSAGE.size + MESSAGE.control,
    );
  }
  const lengthOf = (index: number): number =>
    incoming.headers.readUInt32LE(index * MESSAGE.size + MESSAGE.bytes) - VNET_HEADER_BYTES;
  const frameAt = (index: number): number => index * ROOM_BYTES + VNET_HEADER_BYTES;
  return {
    receive: (port) => {
      // The kernel has written over how much room there is for its remarks, and only where it took a frame in.
      for (let index = 0; index < BATCH_FRAMES; index++)
        incoming.headers.writeBigUInt64LE(BigInt(CONTROL_BYTES), index * MESSAGE.size + MESSAGE.controlBytes);
      return received(port, incoming.headers);
    },
    frame: (index) => {
      const frame = rooms.subarray(frameAt(index), frameAt(index) + lengthOf(index));
      return withTag(frame, controls.subarray(index * CONTROL_BYTES, (index + 1) * CONTROL_BYTES));
    },
    segmentBytes: (index) => {
      const header = rooms.subarray(index * ROOM_BYTES, frameAt(index));
      return header.readUInt8(VNET.segmentation) === 0 ? undefined : header.readUInt16LE(VNET.segmentBytes);
    },
    overwrite: (index, octets) => rooms.set(octets, frameAt(index)),
    send: (port, indices) => {
      for (const [order, index] of indices.entries())
        place(outgoing, order, { at: roomAt(rooms, index), bytes: VNET_HEADER_BYTES + lengthOf(index) });
      const refused = sendAll(port, outgoing.headers, indices.length);
      return indices.filter((_, order) => refused.includes(order));
    },
  };
}

/** Larger than what Node would keep on its own heap, so they stay where they are. */
function messages(): { headers: Buffer; parts: Buffer } {
  const [headers, parts] = [Buffer.alloc(BATCH_FRAMES * MESSAGE.size), Buffer.alloc(BATCH_FRAMES * PART.size)];
  for (let index = 0; index < BATCH_FRAMES; index++) {
    headers.writeBigUInt64LE(addressAt(parts, index * PART.size), index * MESSAGE.size + MESSAGE.parts);
    headers.writeBigUInt64LE(1n, index * MESSAGE.size + MESSAGE.partCount);
  }
  return { headers, parts };
}

function place({ parts }: { parts: Buffer }, index: number, { at, bytes }: { at: bigint; bytes: number }): void {
  parts.writeBigUInt64LE(at, index * PART.size + PART.at);
  parts.writeBigUInt64LE(BigInt(bytes), index * PART.size + PART.bytes);
}

const addressAt = (buffer: Buffer, offset: number): bigint => BigInt(koffi.address(buffer)) + BigInt(offset);
const roomAt = (rooms: Buffer, index: number): bigint => addressAt(rooms, index * ROOM_BYTES);

function received(port: number, headers: Buffer): number {
  const count = recvmmsg(port, headers, BATCH_FRAMES, MSG_DONTWAIT, null);
  if (count >= 0) return count;
  const failure = new SyscallError('receive frames', `descriptor ${port}`, lastErrno());
  if (NOTHING.includes(failure.errno)) return 0;
  throw failure;
}

function withTag(frame: Buffer, control: Buffer): Buffer {
  const status = control.readUInt32LE(AUX.status);
  if (!(status & STATUS_VLAN_VALID)) return frame;
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(status & STATUS_VLAN_TPID_VALID ? control.readUInt16LE(AUX.tpid) : TPID_8021Q, 0);
  tag.writeUInt16BE(control.readUInt16LE(AUX.tci), 2);
  return Buffer.concat([frame.subarray(0, MACS_BYTES), tag, frame.subarray(MACS_BYTES)]);
}

/** A message that is refused ends the call; those after it have yet to be sent. Returns which were refused. */
function sendAll(port: number, headers: Buffer, count: number): number[] {
  const refused: number[] = [];
  for (let done = 0; done < count; ) {
    const sent = sendmmsg(port, headers.subarray(done * MESSAGE.size), count - done, MSG_DONTWAIT);
    if (sent < 1) refused.push(done);
    done += Math.max(sent, 1);
  }
  return refused;
}
