/**
 * What surrounds a message between the two nodes: a magic number and a version before it. The only place that knows how a
 * datagram is told from a stranger's.
 */
const MAGIC = Buffer.from('NLBP');
const VERSION = 1;
const HEADER_BYTES = MAGIC.length + 1;
/** Far below any MTU, and more than any message of ours. */
const MAX_BYTES = 512;

export type Refusal = 'oversized' | 'truncated' | 'foreign' | 'version';
export type Opened = { body: Uint8Array } | { refused: Refusal };

/** Message → datagram. */
export function seal(body: Uint8Array): Uint8Array {
  return Buffer.concat([MAGIC, Uint8Array.of(VERSION), body]);
}

/** Datagram → message, or why it is refused. The work is bounded, whatever comes. */
export function open(datagram: Uint8Array): Opened {
  if (datagram.length > MAX_BYTES) return { refused: 'oversized' };
  if (datagram.length < HEADER_BYTES) return { refused: 'truncated' };
  if (!MAGIC.equals(datagram.subarray(0, MAGIC.length))) return { refused: 'foreign' };
  if (datagram[MAGIC.length] !== VERSION) return { refused: 'version' };
  return { body: datagram.subarray(HEADER_BYTES) };
}
