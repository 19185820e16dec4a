/**
 * What a node says of itself in every heartbeat, and its binary form.
 *
 *    0      1        2      3            4              12        20           21
 *    ├──────┼────────┼──────┼────────────┼──────────────┼─────────┼────────────┼───────────┐
 *    │state │fitness │flags │ 0          │ boot nonce   │ counter │ name bytes │ name      │
 *    └──────┴────────┴──────┴────────────┴──────────────┴─────────┴────────────┴───────────┘
 * Numbers are in network order.
 */
export type StateName = 'initial' | 'active' | 'standby' | 'inop';
/** `out`: must not lead. `poor`: has no healthy server, but is otherwise sound. `fit`: can serve. */
export type Fitness = 'out' | 'poor' | 'fit';

/** Everything that decides who leads. Both nodes compute the same leader from the same two of these. */
export interface Standing {
  state: StateName;
  fitness: Fitness;
  primary: boolean;
  /** Has just let go of the lead and does not want it back. */
  resigned: boolean;
  /** Asks the leader to let go (`nlbctl takeover`). */
  claims: boolean;
}

export interface Beat extends Standing {
  node: string;
  /** Drawn at random at each start of the daemon. */
  boot: bigint;
  /** Grows with each beat of one boot; the twins on the two subnets share one. */
  counter: bigint;
}

const STATES: readonly StateName[] = ['initial', 'active', 'standby', 'inop'];
const FITNESSES: readonly Fitness[] = ['out', 'poor', 'fit'];
const PRIMARY = 1;
const RESIGNED = 2;
const CLAIMS = 4;
const FIXED_BYTES = 21;

export function encodeBeat(beat: Beat): Uint8Array {
  const name = Buffer.from(beat.node);
  const bytes = Buffer.alloc(FIXED_BYTES + name.length);
  bytes.writeUInt8(STATES.indexOf(beat.state), 0);
  bytes.writeUInt8(FITNESSES.indexOf(beat.fitness), 1);
  bytes.writeUInt8((beat.primary ? PRIMARY : 0) | (beat.resigned ? RESIGNED : 0) | (beat.claims ? CLAIMS : 0), 2);
  bytes.writeBigUInt64BE(beat.boot, 4);
  bytes.writeBigUInt64BE(beat.counter, 12);
  bytes.writeUInt8(name.length, 20);
  name.copy(bytes, FIXED_BYTES);
  return bytes;
}

/** The beat, or undefined where the bytes are none: unknown values, unknown flags, or not exactly long enough. */
export function decodeBeat(body: Uint8Array): Beat | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length <= FIXED_BYTES || bytes.length !== FIXED_BYTES + bytes.readUInt8(20)) return undefined;
  const state = STATES[bytes.readUInt8(0)];
  const fitness = FITNESSES[bytes.readUInt8(1)];
  const flags = bytes.readUInt8(2);
  if (!state || !fitness || flags > (PRIMARY | RESIGNED | CLAIMS) || bytes.readUInt8(3) !== 0) return undefined;
  return {
    node: bytes.toString('utf8', FIXED_BYTES),
    boot: bytes.readBigUInt64BE(4),
    counter: bytes.readBigUInt64BE(12),
    state,
    fitness,
    primary: (flags & PRIMARY) !== 0,
    resigned: (flags & RESIGNED) !== 0,
    claims: (flags & CLAIMS) !== 0,
  };
}
