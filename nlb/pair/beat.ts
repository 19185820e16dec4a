import { decodeExtension, type Extension, encodeExtension } from './extension.ts';

/**
 * What a node says in every heartbeat, and its binary form.
 *
 *    0     1      2        3      4      20          36     52        60        62       66           67
 *    ├─────┼──────┼────────┼──────┼──────┼───────────┼──────┼─────────┼─────────┼────────┼────────────┼──────┐
 *    │path │state │fitness │flags │ boot │ challenge │ echo │ counter │ targets │ lease  │ name bytes │ name │
 *    └─────┴──────┴────────┴──────┴──────┴───────────┴──────┴─────────┴─────────┴────────┴────────────┴──────┘
 * Numbers are in network order. A message without a standing, a bare challenge reply, has zeros for state, fitness, flags,
 * targets and lease. That is all of version 3. In version 4 the extension area follows (`extension.ts`), be it empty.
 *
 * Which of the two a node may send is shown by what nodes of version 3 do not use: the first byte of the counter. They
 * count from zero, and would not change it in millions of years. Whoever knows more counts from the version that it knows, in that byte.
 * So nobody is ever sent what it would refuse, and a version 3 beat is in its bytes what it always was.
 */
export type Version = 3 | 4;

export type StateName = 'initial' | 'active' | 'standby' | 'inop';
/** `out`: must not lead, or has taken itself out. `poor`: has no healthy server, but is otherwise sound. `fit`: can serve. */
export type Fitness = 'out' | 'poor' | 'fit';

/** Everything that decides who leads. Both nodes compute the same leader from the same two of these. */
export interface Standing {
  state: StateName;
  fitness: Fitness;
  primary: boolean;
  /** Has just let go of the lead and does not want it back. */
  resigned: boolean;
  /** Asks the leader to let go (`nlbctl takeover`). */
  requestsLead: boolean;
  /** Would have the lead back, because it is the primary and recovery is automatic. */
  wantsFailback: boolean;
  /** How many of its reach targets answer. */
  targetsMet: number;
  /** For how long one of its beats lets its data path answer: nobody may replace it sooner. */
  leaseMs: number;
}

export type PathName = 'access' | 'server';

/** 128 bits, drawn at random: 32 hexadecimal digits. */
export type Nonce = string;
export const noNonce: Nonce = '0'.repeat(32);

export interface Beat {
  node: string;
  /** By which subnet it was sent, so that what one carried proves nothing of the other. */
  path: PathName;
  /** Names one start of the daemon. */
  boot: Nonce;
  /** What a peer that does not know this boot, or that this boot does not know, has to echo. */
  challenge: Nonce;
  /** A challenge of the receiver, or `noNonce` while none is known. */
  echo: Nonce;
  /** Grows with each message of one boot; the twins on the two subnets share one. */
  counter: bigint;
  /** Absent in a challenge reply, which answers an unverified boot and says nothing of who leads. */
  standing?: Standing;
  /** Absent in version 3. */
  extension?: Extension;
}

const PATHS: readonly PathName[] = ['access', 'server'];
/** Their numbers in the datagram are one higher: 0 is a challenge reply's. */
const STATES: readonly StateName[] = ['initial', 'active', 'standby', 'inop'];
const FITNESSES: readonly Fitness[] = ['out', 'poor', 'fit'];
const PRIMARY = 1;
const RESIGNED = 2;
const REQUESTS_LEAD = 4;
const WANTS_FAILBACK = 8;
const ALL_FLAGS = PRIMARY | RESIGNED | REQUESTS_LEAD | WANTS_FAILBACK;
const NONCE_BYTES = 16;
const FIXED_BYTES = 67;
const VERSION_SHIFT = 56n;

/** The counter from which a node counts that speaks version 4. */
export const COUNTS_FROM = 4n << VERSION_SHIFT;

/** What whoever counts so understands. */
export function versionBy(counter: bigint): Version {
  return counter >= COUNTS_FROM ? 4 : 3;
}

export const versionOf = ({ extension }: Beat): Version => (extension ? 4 : 3);

export function encodeBeat({ standing, extension, ...beat }: Beat): Uint8Array {
  const name = Buffer.from(beat.node);
  const bytes = Buffer.alloc(FIXED_BYTES + name.length);
  bytes.writeUInt8(PATHS.indexOf(beat.path), 0);
  if (standing) {
    bytes.writeUInt8(STATES.indexOf(standing.state) + 1, 1);
    bytes.writeUInt8(FITNESSES.indexOf(standing.fitness), 2);
    bytes.writeUInt8(flagsOf(standing), 3);
    bytes.writeUInt16BE(standing.targetsMet, 60);
    bytes.writeUInt32BE(standing.leaseMs, 62);
  }
  for (const [i, nonce] of [beat.boot, beat.challenge, beat.echo].entries())
    bytes.write(nonce, 4 + i * NONCE_BYTES, NONCE_BYTES, 'hex');
  bytes.writeBigUInt64BE(beat.counter, 52);
  bytes.writeUInt8(name.length, 66);
  name.copy(bytes, FIXED_BYTES);
  return extension ? Buffer.concat([bytes, encodeExtension(extension)]) : bytes;
}

function flagsOf({ primary, resigned, requestsLead, wantsFailback }: Standing): number {
  return (
    (primary ? PRIMARY : 0) |
    (resigned ? RESIGNED : 0) |
    (requestsLead ? REQUESTS_LEAD : 0) |
    (wantsFailback ? WANTS_FAILBACK : 0)
  );
}

/**
 * The beat, or undefined where the bytes are none: unknown values, unknown flags, too short, or, in version 3, too long.
 */
export function decodeBeat(body: Uint8Array, version: Version): Beat | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const endsAt = FIXED_BYTES + (bytes.length > FIXED_BYTES ? bytes.readUInt8(66) : Number.POSITIVE_INFINITY);
  if (endsAt > bytes.length || endsAt === FIXED_BYTES) return undefined;
  if (version === 3) return bytes.length === endsAt ? decodeFixed(bytes) : undefined;
  const beat = decodeFixed(bytes.subarray(0, endsAt));
  const extension = decodeExtension(bytes.subarray(endsAt));
  return beat && extension && { ...beat, extension };
}

/** What distinguishes a beat from others, which may be forged; undefined where the bytes are too few. */
export function peekBeat(body: Uint8Array): Pick<Beat, 'path' | 'boot' | 'counter'> | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const path = bytes.length > FIXED_BYTES ? PATHS[bytes.readUInt8(0)] : undefined;
  if (path === undefined) return undefined;
  return { path, boot: bytes.toString('hex', 4, 4 + NONCE_BYTES), counter: bytes.readBigUInt64BE(52) };
}

function decodeFixed(bytes: Buffer): Beat | undefined {
  const path = PATHS[bytes.readUInt8(0)];
  const challengeReply = bytes.readUIntBE(1, 3) === 0 && bytes.readUIntBE(60, 6) === 0;
  const standing = decodeStanding(bytes);
  if (!path || (!challengeReply && !standing)) return undefined;
  const nonce = (i: number): Nonce => bytes.toString('hex', 4 + i * NONCE_BYTES, 4 + (i + 1) * NONCE_BYTES);
  return {
    node: bytes.toString('utf8', FIXED_BYTES),
    path,
    boot: nonce(0),
    challenge: nonce(1),
    echo: nonce(2),
    counter: bytes.readBigUInt64BE(52),
    ...(standing && { standing }),
  };
}

function decodeStanding(bytes: Buffer): Standing | undefined {
  const state = STATES[bytes.readUInt8(1) - 1];
  const fitness = FITNESSES[bytes.readUInt8(2)];
  const flags = bytes.readUInt8(3);
  if (!state || !fitness || flags > ALL_FLAGS) return undefined;
  return {
    state,
    fitness,
    primary: (flags & PRIMARY) !== 0,
    resigned: (flags & RESIGNED) !== 0,
    requestsLead: (flags & REQUESTS_LEAD) !== 0,
    wantsFailback: (flags & WANTS_FAILBACK) !== 0,
    targetsMet: bytes.readUInt16BE(60),
    leaseMs: bytes.readUInt32BE(62),
  };
}
