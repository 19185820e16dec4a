import { closeSync } from 'node:fs';
import { type ArpPacket, decodeArpFrame, encodeArpFrame } from './arp-packet.ts';
import { bind, lastErrno, recv, send, setsockopt, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/** A raw socket that speaks ARP on one interface. Every call throws SyscallError where the kernel refuses. */
export interface ArpSocket {
  /**
   * Broadcast that `address` is at `mac`: an ARP *request* with the address as both sender and target (an ARP
   * Announcement, RFC 5227 section 2.3), `times` frames one after the other.
   */
  announce(address: string, mac: string, times?: number): void;
  /**
   * Ask who has `target`: everybody, or the station of that hardware address alone. Sender address 0.0.0.0 makes it a probe
   * (RFC 5227 section 2.1.1). `targetMac` says nothing to who asks by RFC 826; zeros when absent.
   */
  ask(target: string, senderIp: string, senderMac: string, more?: { to?: string; targetMac?: string }): void;
  /** What came in since the last call, at most 256 packets, without our own frames; never waits. */
  receive(): ArpPacket[];
  close(): void;
}

const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const ETHERTYPE_ARP = 0x0806;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const EAGAIN = 11;
const EINTR = 4;
/** Said once, of an interface that is down or was, by whichever call comes next. */
const ENETDOWN = 100;
/** An ARP frame is 42 bytes, 60 with its padding; what is longer is cut off unharmed. */
const FRAME_BYTES = 128;
/** More than a socket's buffer holds by default: a flood must not keep the reader from its other work. */
const READ_AT_ONCE = 256;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const UNKNOWN = '00:00:00:00:00:00';

/** Needs CAP_NET_RAW. Throws SyscallError. */
export function openArp(ifindex: number): ArpSocket {
  const fd = openBound(ifindex);
  const request = (
    packet: Pick<ArpPacket, 'senderIp' | 'senderMac' | 'targetIp'>,
    targetMac = UNKNOWN,
    to = BROADCAST,
  ) => transmit(fd, ifindex, to, { ...packet, operation: 'request', targetMac, sourceMac: packet.senderMac });
  return {
    announce: (address, mac, times = 1) => {
      for (let sent = 0; sent < times; sent++) request({ senderIp: address, targetIp: address, senderMac: mac });
    },
    ask: (target, senderIp, senderMac, { to, targetMac } = {}) =>
      request({ senderIp, targetIp: target, senderMac }, targetMac, to),
    receive: () => drain(fd, ifindex),
    close: () => closeSync(fd),
  };
}

/** Protocol zero until it is bound, so that no frame of another interface slips in before. */
function openBound(ifindex: number): number {
  const fd = socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw failure('open a packet socket', ifindex);
  const on = Buffer.from([1, 0, 0, 0]);
  const failed =
    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, on, on.length) < 0 || bind(fd, linkAddress(ifindex), 20) < 0;
  if (!failed) return fd;
  const error = failure('bind a packet socket', ifindex);
  closeSync(fd);
  throw error;
}

/** struct sockaddr_ll: family in host order, protocol in network order, interface in host order. */
function linkAddress(ifindex: number): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETHERTYPE_ARP, 2);
  address.writeInt32LE(ifindex, 4);
  return address;
}

function transmit(fd: number, ifindex: number, to: string, packet: ArpPacket): void {
  const frame = encodeArpFrame(to, packet);
  if (send(fd, frame, frame.length, 0) >= 0) return;
  if (lastErrno() === ENETDOWN && send(fd, frame, frame.length, 0) >= 0) return;
  throw failure(`send ARP for ${packet.targetIp}`, ifindex);
}

function drain(fd: number, ifindex: number): ArpPacket[] {
  const packets: ArpPacket[] = [];
  const frame = Buffer.alloc(FRAME_BYTES);
  for (let reads = 0; reads < READ_AT_ONCE; reads++) {
    const length = recv(fd, frame, frame.length, 0);
    if (length < 0 && lastErrno() === EAGAIN) return packets;
    if (length < 0 && [EINTR, ENETDOWN].includes(lastErrno())) continue;
    if (length < 0) throw failure('receive ARP', ifindex);
    const packet = decodeArpFrame(frame.subarray(0, length));
    if (packet) packets.push(packet);
  }
  return packets;
}

const failure = (operation: string, ifindex: number): SyscallError =>
  new SyscallError(operation, `interface ${ifindex}`, lastErrno());
