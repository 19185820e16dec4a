import { bytesToQuad, macToOctets, octetsToMac, quadToBytes } from './inet.ts';
import { type Attribute, decodeAttributes } from './netlink.ts';
import { askRoute, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE } from './route-socket.ts';
import { SyscallError } from './syscall-error.ts';

/** What the kernel knows about the hardware address of an IPv4 neighbour. */
export interface Neighbour {
  address: string;
  /** Absent while the kernel has none. */
  mac?: string;
  /** The kernel's word: REACHABLE, STALE, DELAY, PROBE, INCOMPLETE, FAILED, NOARP, PERMANENT, NONE. */
  state: string;
  /** How long ago the neighbour last showed that it has this hardware address, in milliseconds. Absent where the kernel does not say. */
  confirmedMs?: number;
}

const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const RTM_GETNEIGH = 30;
const AF_INET = 2;
const NDMSG_BYTES = 12;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_CACHEINFO = 3;
/** What the kernel counts ages in for user space (USER_HZ is 100 on all machines that Linux runs on now). */
const CLOCK_TICK_MS = 10;
const NTF_USE = 0x01;
const NUD_PROBE = 0x10;
const STATES: Record<number, string> = {
  0: 'NONE',
  1: 'INCOMPLETE',
  2: 'REACHABLE',
  4: 'STALE',
  8: 'DELAY',
  16: 'PROBE',
  32: 'FAILED',
  64: 'NOARP',
  128: 'PERMANENT',
};
/** States whose hardware address the kernel would use to send. */
const USED = new Set(['REACHABLE', 'STALE', 'DELAY', 'PROBE']);

/** The IPv4 neighbours on an interface. Throws SyscallError. */
export function listNeighbours(ifindex: number): Neighbour[] {
  const answers = askRoute({
    operation: 'list neighbours',
    subject: `interface ${ifindex}`,
    type: RTM_GETNEIGH,
    flags: NLM_F_DUMP,
    body: encodeBody(ifindex, 0, 0),
    attributes: [],
  });
  return answers.filter((payload) => payload.readInt32LE(4) === ifindex).flatMap(decodeNeighbour);
}

/**
 * Have the kernel ask the neighbour for its hardware address now: by unicast where it knows one (which a station whose
 * address has changed leaves unanswered, so that the entry fails and the next call asks everybody), by broadcast where it
 * knows none. The kernel keeps to its own rate, one question a second. Throws SyscallError.
 */
export function probeNeighbour(ifindex: number, address: string): void {
  const known = listNeighbours(ifindex).find((neighbour) => neighbour.address === address);
  if (known?.state === 'PERMANENT' || known?.state === 'NOARP') return;
  const mac = known && USED.has(known.state) ? known.mac : undefined;
  const attributes: Attribute[] = [[NDA_DST, quadToBytes(address)]];
  if (mac) attributes.push([NDA_LLADDR, macToOctets(mac)]);
  askRoute({
    operation: 'probe neighbour',
    subject: `${address} on interface ${ifindex}`,
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    body: mac ? encodeBody(ifindex, NUD_PROBE, 0) : encodeBody(ifindex, 0, NTF_USE),
    attributes,
  });
}

/** Drops what the kernel knows of the neighbour, or keeps for it until it is found. One that it does not know is left as it is. Throws SyscallError. */
export function forgetNeighbour(ifindex: number, address: string): void {
  try {
    askRoute({
      operation: 'forget neighbour',
      subject: `${address} on interface ${ifindex}`,
      type: RTM_DELNEIGH,
      flags: 0,
      body: encodeBody(ifindex, 0, 0),
      attributes: [[NDA_DST, quadToBytes(address)]],
    });
  } catch (error) {
    if (!(error instanceof SyscallError && error.errno === 'ENOENT')) throw error;
  }
}

function encodeBody(ifindex: number, state: number, flags: number): Buffer {
  const body = Buffer.alloc(NDMSG_BYTES);
  body.writeUInt8(AF_INET, 0);
  body.writeInt32LE(ifindex, 4);
  body.writeUInt16LE(state, 8);
  body.writeUInt8(flags, 10);
  return body;
}

function decodeNeighbour(payload: Buffer): Neighbour[] {
  const attributes = decodeAttributes(payload.subarray(NDMSG_BYTES));
  const address = attributes.get(NDA_DST);
  if (payload.readUInt8(0) !== AF_INET || address?.length !== 4) return [];
  const mac = attributes.get(NDA_LLADDR);
  const state = STATES[payload.readUInt16LE(8)] ?? 'NONE';
  const age = attributes.get(NDA_CACHEINFO)?.readUInt32LE(0);
  return [
    {
      address: bytesToQuad(address),
      state,
      ...(mac?.length === 6 && { mac: octetsToMac(mac) }),
      ...(age !== undefined && { confirmedMs: age * CLOCK_TICK_MS }),
    },
  ];
}
