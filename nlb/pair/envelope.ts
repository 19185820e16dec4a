import type { Version } from './beat.ts';
import { type Keys, MAC_BYTES } from './keys.ts';

/**
 * What surrounds a message between the two nodes: a magic number and a version before it, an HMAC over all of that behind
 * it. The only place that knows what distinguishes a datagram of the pair from a foreign one.
 */
const MAGIC = Buffer.from('NLBP');
const VERSIONS: readonly Version[] = [3, 4];
const HEADER_BYTES = MAGIC.length + 1;
/** Far below any MTU, and more than any message of ours. */
const MAX_BYTES = 512;

export type Rejection = 'oversized' | 'truncated' | 'foreign' | 'version' | 'forged';
export type Opened = { body: Uint8Array; version: Version } | { rejected: Rejection };

/** Message → datagram. */
export function seal(body: Uint8Array, version: Version, keys: Keys): Uint8Array {
  const said = Buffer.concat([MAGIC, Uint8Array.of(version), body]);
  return Buffer.concat([said, keys.sign(said)]);
}

/**
 * Datagram → message, or why it is refused. The work is bounded, whatever comes: at most one HMAC of 480 bytes a key.
 * @param earlyRejection looks at what may be forged: why it is to be refused whether it is or not, so that it costs no proof
 */
export function open<Why extends string = never>(
  datagram: Uint8Array,
  keys: Keys,
  earlyRejection: (body: Uint8Array) => Why | undefined = () => undefined,
): Opened | { rejected: Why } {
  if (datagram.length > MAX_BYTES) return { rejected: 'oversized' };
  if (datagram.length < HEADER_BYTES + MAC_BYTES) return { rejected: 'truncated' };
  if (!MAGIC.equals(datagram.subarray(0, MAGIC.length))) return { rejected: 'foreign' };
  const version = VERSIONS.find((each) => datagram[MAGIC.length] === each);
  if (version === undefined) return { rejected: 'version' };
  const macAt = datagram.length - MAC_BYTES;
  const body = datagram.subarray(HEADER_BYTES, macAt);
  const rejected = earlyRejection(body);
  if (rejected !== undefined) return { rejected };
  if (!keys.verify(datagram.subarray(0, macAt), datagram.subarray(macAt))) return { rejected: 'forged' };
  return { body, version };
}
