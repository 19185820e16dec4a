import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS } from '../program/layout.ts';
import type { Allowance } from '../tables/lease.ts';
import type { BeatAddresses } from '../tables/tables.ts';
import { dropped, passed, type Result } from './decision.ts';
import { PROTOCOL } from './flow.ts';
import type { Knowledge } from './knowledge.ts';
import type { Ethernet, Ipv4 } from './packet.ts';

/**
 * Filter of heartbeats before the daemon, which verifies each one that gets through and must not have to verify a flood. What
 * cannot be a heartbeat is dropped: not from the peer's address and port, too short, too long, or without the magic number. Who
 * does not see the peer's beats cannot know its boot, as an off-path attacker cannot know a TCP sequence number (RFC 5961): so
 * beats of an unverified boot have a lower limit than those of the verified one.
 */
export function decideBeat(
  {
    frame,
    arrivedOn: iface,
    ethernet,
    ip,
  }: { frame: Buffer; arrivedOn: DatapathInterface; ethernet: Ethernet; ip: Ipv4 },
  { configured: { heartbeat }, peer }: Knowledge,
  nowNs: bigint,
): Result {
  const path = [heartbeat.access, heartbeat.server].findIndex(({ own }) => own === ip.destination);
  const addresses = path === 0 ? heartbeat.access : heartbeat.server;
  const isOurs = ethernet.destination === iface.mac || (frame.readUInt8(0) & 1) === 1;
  if (path < 0 || !isOurs || !isUdpTo(heartbeat.port, frame, ip)) return passed('PASSED_NOT_OURS');
  const boot = bootIn(frame, ip, addresses, heartbeat.port);
  if (boot === undefined) return dropped('DROPPED_NO_BEAT');
  const isKnown = peer.boot !== undefined && boot === peer.boot;
  const index = 2 * path + Number(isKnown);
  const most = isKnown ? CONSTANTS.BEATS_ALLOWED : CONSTANTS.UNVERIFIED_BEATS_ALLOWED;
  const { allowance, isAllowed } = spend(peer.allowances[index] ?? NONE_PASSED, most, nowNs);
  const { outcome, counts } = isAllowed ? passed('PASSED_BEAT') : dropped('DROPPED_BEAT_FLOOD');
  return { outcome, counts, writes: [{ table: 'allowances', index, value: allowance }] };
}

const UDP_BYTES = 8;
/** Not a later fragment: that has no ports. */
function isUdpTo(
  port: number,
  frame: Buffer,
  { protocol, lengthsAgree: sound, fragmentOffset, payloadAt, endAt }: Ipv4,
): boolean {
  const isUdp = protocol === PROTOCOL.udp && sound && fragmentOffset === 0 && payloadAt + UDP_BYTES <= endAt;
  return isUdp && frame.readUInt16BE(payloadAt + 2) === port;
}

const MAGIC = Buffer.from('NLBP');
/** As in pair/envelope.ts and pair/beat.ts: magic, version, path, state, fitness, flags; then the boot. */
const [BOOT_AT, BOOT_BYTES] = [9, 8];

/** The first octets of the sender's boot, in hexadecimal digits; undefined if the datagram is not a beat. */
function bootIn(frame: Buffer, ip: Ipv4, { peer }: BeatAddresses, port: number): string | undefined {
  const at = ip.payloadAt + UDP_BYTES;
  if (at + BOOT_AT + BOOT_BYTES > frame.length) return undefined;
  const bytes = frame.readUInt16BE(ip.payloadAt + 4) - UDP_BYTES;
  const isSized = bytes >= CONSTANTS.BEAT_LEAST_BYTES && bytes <= CONSTANTS.BEAT_MOST_BYTES;
  const isByPeer = ip.source === peer && frame.readUInt16BE(ip.payloadAt) === port && !ip.moreFragments;
  if (!isByPeer || !isSized || !MAGIC.equals(frame.subarray(at, at + MAGIC.length))) return undefined;
  return frame.toString('hex', at + BOOT_AT, at + BOOT_AT + BOOT_BYTES);
}

const NONE_PASSED: Allowance = { fromNs: 0n, passed: 0n };

/** Counts one more beat, if the window still allows one. */
function spend(before: Allowance, most: number, nowNs: bigint): { allowance: Allowance; isAllowed: boolean } {
  const isOver = nowNs - before.fromNs >= BigInt(CONSTANTS.BEAT_WINDOW_NS);
  const { fromNs, passed } = isOver ? { fromNs: nowNs, passed: 0n } : before;
  const isAllowed = passed < BigInt(most);
  return { allowance: { fromNs, passed: isAllowed ? passed + 1n : passed }, isAllowed };
}
