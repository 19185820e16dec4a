import { openHmacBudget } from '../../pair/hmac-budget.ts';
import { type Keys, makeKeys } from '../../pair/keys.ts';
import { slide, type Window } from '../../pair/window.ts';
import { isSame, type Message, type Session } from '../records.ts';
import {
  COUNTER_AT,
  type Decoded,
  decode,
  encode,
  HEADER_BYTES,
  MAC_BYTES,
  MAGIC,
  MOST_DATAGRAM_BYTES,
  sessionOf,
  VERSION,
} from './datagram.ts';

/**
 * What two nodes say to each other about the log, as datagrams, authenticated as heartbeats are: by an HMAC-SHA-256 over the whole
 * message, under the same keys and behind another magic number, so that neither is ever taken for the other.
 *
 * A session is named by two numbers that each side has drawn for it alone, so what was recorded of another one says nothing. Within
 * one, no counter is believed twice (RFC 4303 section 3.4.3), and that is looked at before the proof, which costs the most.
 */
export interface Channel {
  seal(said: Message): Uint8Array[];
  /** @param session of which this node is; another one's counters are not followed */
  open(datagram: Uint8Array, session: Session | undefined, atMs: number): Opened;
  useKeys(secrets: readonly Uint8Array[]): void;
  readonly refused: Partial<Record<Rejection, number>>;
}

export type Rejection =
  | 'oversized'
  | 'truncated'
  | 'foreign'
  | 'version'
  | 'replayed'
  | 'stale'
  | 'too many'
  | 'forged'
  | Extract<Decoded, { rejected: string }>['rejected'];
export type Opened = Exclude<Decoded, { rejected: string }> | { rejected: Rejection };

/** @param secrets as for `makeKeys` */
export function openChannel(secrets: readonly Uint8Array[], perPool: number): Channel {
  let keys = makeKeys(secrets);
  let counter = 0n;
  let followed: { session: Session; window: Window } | undefined;
  const budget = openHmacBudget();
  const refused: Channel['refused'] = {};
  const refuse = (why: Rejection): { rejected: Rejection } => {
    refused[why] = (refused[why] ?? 0) + 1;
    return { rejected: why };
  };

  /** The window after this datagram, if it is of the session; or why it is not worth the proof. */
  function precheck(bytes: Buffer, session: Session | undefined, atMs: number): Window | Rejection | undefined {
    if (!session || !isSame(sessionOf(bytes), session))
      return budget.spend('unverified', atMs) ? undefined : 'too many';
    if (!isSame(followed?.session, session)) followed = { session, window: UNUSED };
    const window = slide(followed?.window ?? UNUSED, bytes.readBigUInt64BE(COUNTER_AT));
    if (typeof window === 'string') return window;
    return budget.spend('peer', atMs) ? window : 'too many';
  }

  return {
    seal: (said) =>
      encode(said).map((message) => {
        counter += 1n;
        message.writeBigUInt64BE(counter, COUNTER_AT);
        return Buffer.concat([message, keys.sign(message)]);
      }),
    open: (datagram, session, atMs) => {
      const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
      const why = foreignness(bytes);
      if (why !== undefined) return refuse(why);
      const window = precheck(bytes, session, atMs);
      if (typeof window === 'string') return refuse(window);
      if (!isAuthentic(bytes, keys)) return refuse('forged');
      if (followed && window) followed.window = window;
      const decoded = decode(bytes.subarray(0, -MAC_BYTES), perPool);
      return 'rejected' in decoded ? refuse(decoded.rejected) : decoded;
    },
    useKeys: (secrets) => {
      keys = makeKeys(secrets);
    },
    refused,
  };
}

/** Counters begin with one. */
const UNUSED: Window = { highest: 0n, seen: 1n };

function foreignness(bytes: Buffer): Rejection | undefined {
  if (bytes.length > MOST_DATAGRAM_BYTES) return 'oversized';
  if (bytes.length < HEADER_BYTES + MAC_BYTES) return 'truncated';
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) return 'foreign';
  return bytes[MAGIC.length] === VERSION ? undefined : 'version';
}

const isAuthentic = (bytes: Buffer, keys: Keys): boolean =>
  keys.verify(bytes.subarray(0, -MAC_BYTES), bytes.subarray(-MAC_BYTES));
