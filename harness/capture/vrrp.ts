import { ipv4At, ipv4Octets } from './address-text.ts';
import { type AddressPair, type Checksum, internetChecksum, verifyChecksum, withPseudoHeader } from './checksum.ts';
import { PROTOCOL } from './ipv4.ts';
import { joined, type ReportMalformed, viewOf } from './octets.ts';

const HEADER_BYTES = 8;
/** Version 2 ends with 8 bytes of authentication data (RFC 3768 5.3.10). */
const AUTHENTICATION_BYTES = 8;
const ADVERTISEMENT = 1;
const MS = { second: 1000, centisecond: 10 } as const;

/** An advertisement of version 2 (RFC 3768) or version 3 (RFC 9568). */
export interface Vrrp {
  kind: 'vrrp';
  version: number;
  /** 1 is an advertisement, the only type there is. */
  type: number;
  virtualRouterId: number;
  priority: number;
  intervalMs: number;
  addresses: string[];
  /** Version 3 counts the pseudo-header in. */
  checksum: Checksum;
}

export function decodeVrrp(
  message: Uint8Array,
  ends: AddressPair,
  unfragmented: boolean,
  reportMalformed: ReportMalformed,
): Vrrp | undefined {
  if (message.length < HEADER_BYTES) {
    reportMalformed(`VRRP header cut short: ${message.length} bytes`);
    return undefined;
  }
  const view = viewOf(message);
  const version = view.getUint8(0) >> 4;
  const claimed = view.getUint8(3);
  const present = Math.min(claimed, Math.floor((message.length - HEADER_BYTES) / 4));
  if (present < claimed) reportMalformed(`VRRP with ${claimed} addresses, but room for ${present}`);
  return {
    kind: 'vrrp',
    version,
    type: view.getUint8(0) & 0x0f,
    virtualRouterId: view.getUint8(1),
    priority: view.getUint8(2),
    intervalMs: version === 2 ? view.getUint8(5) * MS.second : (view.getUint16(4) & 0x0fff) * MS.centisecond,
    addresses: Array.from({ length: present }, (_, index) => ipv4At(message, HEADER_BYTES + 4 * index)),
    checksum: unfragmented ? judgeVersion(version, ends, message) : 'unknown',
  };
}

function judgeVersion(version: number, ends: AddressPair, message: Uint8Array): Checksum {
  if (version !== 2) return verifyChecksum(ends, PROTOCOL.vrrp, message);
  return internetChecksum(message) === 0 ? 'good' : 'bad';
}

export type VrrpOptions = AddressPair &
  Pick<Vrrp, 'virtualRouterId' | 'priority' | 'intervalMs' | 'addresses'> & { version: 2 | 3 };

/** An advertisement with its checksum; version 2 without authentication. */
export function encodeVrrp(vrrp: VrrpOptions): Uint8Array {
  const trailer = new Uint8Array(vrrp.version === 2 ? AUTHENTICATION_BYTES : 0);
  const message = joined(new Uint8Array(HEADER_BYTES), ...vrrp.addresses.map(ipv4Octets), trailer);
  const view = viewOf(message);
  view.setUint8(0, (vrrp.version << 4) | ADVERTISEMENT);
  view.setUint8(1, vrrp.virtualRouterId);
  view.setUint8(2, vrrp.priority);
  view.setUint8(3, vrrp.addresses.length);
  if (vrrp.version === 2) view.setUint8(5, vrrp.intervalMs / MS.second);
  else view.setUint16(4, vrrp.intervalMs / MS.centisecond);
  const covered = vrrp.version === 2 ? message : withPseudoHeader(vrrp, PROTOCOL.vrrp, message);
  view.setUint16(6, internetChecksum(covered));
  return message;
}
