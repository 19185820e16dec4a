import type { Version } from './beat.ts';
import { type Keys, MAC_BYTES } from './keys.ts';

/**
 * What surrounds a message between the two nodes: a magic number and a version before it, an HMAC over all of that behind
 * it. The only place that knows how a datagram is told from a stranger's.
 */
const MAGIC = Buffer.from('NLBP');
const VERSIONS: readonly Version[] = [3, 4];
const HEADER_BYTES = MAGIC.length + 1;
/** Far below any MTU, and more than any message of ours. */
const MAX_BYTES = 512;

export type Refusal = 'oversized' | 'truncated' | 'foreign' | 'version' | 'forged';
export type Opened = { body: Uint8Array; version: Version } | { refused: Refusal };

/** Message → datagram. */
export function seal(body: Uint8Array, version: Version, keys: Keys): Uint8Array {
  const said = Buffer.concat([MAGIC, Uint8Array.of(version), body]);
  return Buffer.concat([said, keys.sign(said)]);
}

/**
 * Datagram → message, or why it is refused. The work is bounded, whatever comes: at most one HMAC of 480 bytes a key.
 * @param foresee looks at what may be forged: why it is to be refused whether it is or not, so that it costs no proof
 */
export function open<Why extends string = never>(
  datagram: Uint8Array,
  keys: Keys,
  foresee: (body: Uint8Array) => Why | undefined = () => undefined,
): Opened | { refused: Why } {
  if (datagram.length > MAX_BYTES) return { refused: 'oversized' };
  if (datagram.length < HEADER_BYTES + MAC_BYTES) return { refused: 'truncated' };
  if (!MAGIC.equals(datagram.subarray(0, MAGIC.length))) return { refused: 'foreign' };
  const version = VERSIONS.find((each) => datagram[MAGIC.length] === each);
  if (version === undefined) return { refused: 'version' };
  const macAt = datagram.length - MAC_BYTES;
  const body = datagram.subarray(HEADER_BYTES, macAt);
  const refused = foresee(body);
  if (refused !== undefined) return { refused };
  if (!keys.verify(datagram.subarray(0, macAt), datagram.subarray(macAt))) return { refused: 'forged' };
  return { body, version };
}
