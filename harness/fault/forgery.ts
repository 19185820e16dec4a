import type { Random } from './random.ts';

/**
 * Datagrams that pretend to be a heartbeat, made from real ones. Of the format only this is known: four bytes name the
 * protocol, one its version, the last 32 prove the sender, and none is shorter than 105 or longer than 512 bytes.
 */
export interface Forgery {
  payload: Uint8Array;
  /** The reasons that it may be refused for. */
  reasons: readonly string[];
}

/** Payloads as they were captured on one path. */
export interface Recordings {
  /** What the peer of the victim sent to it; the first of all is the oldest. */
  toVictim: readonly Uint8Array[];
  /** The same by the other path. */
  byOtherPath: readonly Uint8Array[];
  /** What the victim itself sent. */
  byVictim: readonly Uint8Array[];
}

/** What is told from a heartbeat at sight: before the daemon, or by it. */
const NO_BEAT = ['foreign', 'truncated', 'oversized', 'no beat'];
/** What is told by looking at its contents; of what may be news, or not, that comes first which costs least. */
const NOT_BELIEVED = ['forged', 'replayed', 'stale', 'wrong path'];

type Forger = (from: Recordings, random: Random) => Forgery;

const NAME_BYTES = 4;
const PROOF_BYTES = 32;
/** With a node's name of one octet. */
const SMALLEST_BYTES = 105;
const LARGEST_BYTES = 512;
/** What an Ethernet frame of the usual size carries in a datagram. */
const MOST_BYTES = 1472;

/** No beat, but of a beat's size. */
const noise: Forger = (_, random) => ({
  payload: Uint8Array.of(0, ...random.bytes(SMALLEST_BYTES + random.below(LARGEST_BYTES - SMALLEST_BYTES))),
  reasons: NO_BEAT,
});

/** A beat of the peer, word for word, by somebody who does not have the key. */
const unsigned: Forger = ({ toVictim }, random) => {
  const beat = random.pick(toVictim);
  const payload = Uint8Array.of(...beat.subarray(0, -PROOF_BYTES), ...random.bytes(PROOF_BYTES));
  return { payload, reasons: NOT_BELIEVED };
};

/** One bit of a beat is another. */
const mutated: Forger = ({ toVictim }, random) => {
  const payload = Uint8Array.from(random.pick(toVictim));
  const at = random.below(payload.length);
  payload[at] = (payload[at] ?? 0) ^ (1 << random.below(8));
  if (at < NAME_BYTES) return { payload, reasons: NO_BEAT };
  return { payload, reasons: at === NAME_BYTES ? ['version'] : NOT_BELIEVED };
};

/** The beginning of a beat; or none of it. */
const truncated: Forger = ({ toVictim }, random) => {
  const beat = random.pick(toVictim);
  const payload = beat.subarray(0, random.below(beat.length));
  return { payload, reasons: payload.length < SMALLEST_BYTES ? NO_BEAT : NOT_BELIEVED };
};

/** A beat, and more behind it than any has. */
const oversized: Forger = ({ toVictim }, random) => {
  const beat = random.pick(toVictim);
  const most = LARGEST_BYTES + 1 + random.below(MOST_BYTES - LARGEST_BYTES);
  return { payload: Uint8Array.of(...beat, ...random.bytes(most - beat.length)), reasons: NO_BEAT };
};

/** A beat of the peer once more: just now, or as long ago as there are recordings. */
const replayed: Forger = ({ toVictim }, random) => ({
  payload: random.pick(toVictim),
  reasons: NOT_BELIEVED,
});

const misdirected: Forger = ({ byOtherPath }, random) => ({
  payload: random.pick(byOtherPath),
  reasons: NOT_BELIEVED,
});

const reflected: Forger = ({ byVictim }, random) => ({ payload: random.pick(byVictim), reasons: ['reflected'] });

const FORGERS: readonly Forger[] = [noise, unsigned, mutated, truncated, oversized, replayed, misdirected, reflected];

/** The forgery of that number, of every kind in turn. Each list of recordings must hold one at least. */
export function forge(number: number, from: Recordings, random: Random): Forgery {
  return (FORGERS[number % FORGERS.length] ?? noise)(from, random);
}
