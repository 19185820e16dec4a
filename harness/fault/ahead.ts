import { createHmac } from 'node:crypto';

/**
 * A beat of the peer, made by somebody who has the key: it says that the peer has heard beats which its receiver has yet to send.
 * So a node learns that it goes on from a snapshot, or has a clone: what it is about to send was sent before, under its name. Of
 * version 4 of the heartbeat only this is known:
 *
 *    0      4         57       65                71           72       +2      +18      +26      +34           -32
 *    ├──────┼─ … ─────┼────────┼─ … ─────────────┼────────────┼──────┼─┬─┬──────┼────────┼────────┼─ … ─────────┼───────┐
 *    │ name │ version │ counter│                 │ name bytes │ name │1│l│ boot │ access │ server │ other fields │ proof │
 *    └──────┴─ … ─────┴────────┴─ … ─────────────┴────────────┴──────┴─┴─┴──────┴────────┴────────┴─ … ─────────┴───────┘
 * The field with the tag 1 has the last counters of the receiver that the sender has heard, by subnet. The proof is an
 * HMAC-SHA-256 over all before it.
 */

const VERSION_AT = 4;
const VERSION = 4;
const COUNTER_AT = 57;
const NAME_LENGTH_AT = 71;
const NAME_AT = 72;
const PROOF_BYTES = 32;
const HEARD = 1;
const BOOT_BYTES = 16;
const COUNTER_BYTES = 8;

/**
 * @param beat as it was captured
 * @param secret of the pair, in base64
 * @param by how many more beats it is said to have heard, and sent itself, so that it is news
 * @throws where the beat does not say what it has heard, as one of version 3, or of a node that has heard nothing yet
 */
export function ahead(beat: Uint8Array, secret: string, by: number): Uint8Array {
  const said = Buffer.from(beat.subarray(0, -PROOF_BYTES));
  if (said[VERSION_AT] !== VERSION)
    throw new Error(`a beat of version ${said[VERSION_AT]} does not say what was heard`);
  const fieldAt = NAME_AT + said.readUInt8(NAME_LENGTH_AT);
  if (said[fieldAt] !== HEARD) throw new Error('the beat says nothing of what was heard');
  const countersAt = fieldAt + 2 + BOOT_BYTES;
  for (const at of [COUNTER_AT, countersAt, countersAt + COUNTER_BYTES])
    said.writeBigUInt64BE(said.readBigUInt64BE(at) + BigInt(by), at);
  const proof = createHmac('sha256', Buffer.from(secret, 'base64')).update(said).digest();
  return Uint8Array.from(Buffer.concat([said, proof]));
}
