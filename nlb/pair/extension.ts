import type { Nonce, PathName } from './beat.ts';

/**
 * What a beat says beyond version 3: an area of tagged fields behind the name. A reader skips the tags that it does not know,
 * and what a known one has at its end beyond what it knows. So a field can be added, or made longer, without a new version.
 *
 *   ┌─────┬────────┬───────┬─────┬────────┬───────┬
 *   │ tag │ length │ value │ tag │ length │ value │ …        tag and length are one byte each
 *   └─────┴────────┴───────┴─────┴────────┴───────┴
 */
export interface Extension {
  /** The latest beats of the receiver that the sender has heard. Absent while it has heard none. */
  heard?: Heard;
  /** The hardware address of the sender's access interface, `02:00:00:00:00:0b`: by it the sender answers for the NLBS address. */
  accessMac?: string;
  /** What both nodes must be configured alike in, by number of the section: the first four bytes of a hash. */
  digest?: Readonly<Record<number, string>>;
  /**
   * In milliseconds from this beat: until then the data path of the sender may answer by a lease that a life of its daemon has
   * kept for the next, whatever state it is in.
   */
  leaseKeptMs?: number;
  /** How many services are badly served by the sender. */
  services?: BadlyServed;
  /** Present where the sender takes part in sync. */
  sync?: SyncState;
}

/** Of one boot, by path; 0n where nothing came by it. */
export type Heard = { boot: Nonce } & Record<PathName, bigint>;

export interface BadlyServed {
  /** Services without a healthy server. */
  dead: number;
  /** Services with one, but not with more than half of theirs. */
  scarce: number;
}

export interface SyncState {
  /** Names the sender's lead, which nobody had before: below 2^53; 0 unless it leads. */
  reign: number;
  /** Its standby, the receiver, is in step with it. */
  isPeerInStep: boolean;
  /** It requests the lead whatever becomes of connections. */
  isForced: boolean;
}

interface Field<T> {
  tag: number;
  /** Fewer are none; more are of a later version, and skipped. */
  leastBytes: number;
  write(value: T): Buffer;
  /** Undefined where it says nothing that has a meaning. */
  read(value: Buffer): T | undefined;
}

const NONCE_BYTES = 16;
const MAC_BYTES = 6;
const SECTION_BYTES = 5;
const MOST_BYTES = 255;

const heard: Field<Heard> = {
  tag: 1,
  leastBytes: NONCE_BYTES + 16,
  write: ({ boot, access, server }) => {
    const bytes = Buffer.alloc(NONCE_BYTES + 16);
    bytes.write(boot, 0, NONCE_BYTES, 'hex');
    bytes.writeBigUInt64BE(access, NONCE_BYTES);
    bytes.writeBigUInt64BE(server, NONCE_BYTES + 8);
    return bytes;
  },
  read: (bytes) => ({
    boot: bytes.toString('hex', 0, NONCE_BYTES),
    access: bytes.readBigUInt64BE(NONCE_BYTES),
    server: bytes.readBigUInt64BE(NONCE_BYTES + 8),
  }),
};

const accessMac: Field<string> = {
  tag: 2,
  leastBytes: MAC_BYTES,
  write: (mac) => Buffer.from(mac.replaceAll(':', ''), 'hex'),
  read: (bytes) => [...bytes.subarray(0, MAC_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
};

const digest: Field<Readonly<Record<number, string>>> = {
  tag: 3,
  leastBytes: 0,
  write: (sections) =>
    Buffer.concat(
      Object.entries(sections).map(([number, hash]) =>
        Buffer.concat([Buffer.of(Number(number)), Buffer.from(hash, 'hex')]),
      ),
    ),
  read: (bytes) =>
    Object.fromEntries(
      Array.from({ length: Math.floor(bytes.length / SECTION_BYTES) }, (_, i) => {
        const section = bytes.subarray(i * SECTION_BYTES, (i + 1) * SECTION_BYTES);
        return [section.readUInt8(0), section.toString('hex', 1)];
      }),
    ),
};

const leaseKeptMs: Field<number> = {
  tag: 4,
  leastBytes: 4,
  write: (ms) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(ms);
    return bytes;
  },
  read: (bytes) => bytes.readUInt32BE(0),
};

const services: Field<BadlyServed> = {
  tag: 5,
  leastBytes: 4,
  write: ({ dead, scarce }) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt16BE(dead, 0);
    bytes.writeUInt16BE(scarce, 2);
    return bytes;
  },
  read: (bytes) => ({ dead: bytes.readUInt16BE(0), scarce: bytes.readUInt16BE(2) }),
};

const IS_PEER_IN_STEP = 1;
const IS_FORCED = 2;

const sync: Field<SyncState> = {
  tag: 6,
  leastBytes: 9,
  write: ({ reign, isPeerInStep, isForced }) => {
    const bytes = Buffer.alloc(9);
    bytes.writeBigUInt64BE(BigInt(reign), 0);
    bytes.writeUInt8((isPeerInStep ? IS_PEER_IN_STEP : 0) | (isForced ? IS_FORCED : 0), 8);
    return bytes;
  },
  read: (bytes) => {
    const [reign, flags] = [Number(bytes.readBigUInt64BE(0)), bytes.readUInt8(8)];
    if (!Number.isSafeInteger(reign)) return undefined;
    return { reign, isPeerInStep: (flags & IS_PEER_IN_STEP) !== 0, isForced: (flags & IS_FORCED) !== 0 };
  },
};

const FIELDS: { [Name in keyof Extension]-?: Field<NonNullable<Extension[Name]>> } = {
  heard,
  accessMac,
  digest,
  leaseKeptMs,
  services,
  sync,
};
const NAMES = Object.keys(FIELDS) as (keyof Extension)[];

export function encodeExtension(extension: Extension): Uint8Array {
  return Buffer.concat(NAMES.map((name) => encodeField(extension, name)));
}

function encodeField<Name extends keyof Extension>(extension: Extension, name: Name): Uint8Array {
  const said = extension[name];
  if (said === undefined) return Buffer.alloc(0);
  const { tag, write } = FIELDS[name] as Field<typeof said>;
  const value = write(said);
  if (value.length > MOST_BYTES) throw new RangeError(`${name} has ${value.length} bytes, more than ${MOST_BYTES}`);
  return Buffer.concat([Buffer.of(tag, value.length), value]);
}

/**
 * What the area says that this version knows, or undefined where a field is cut. Of two with the same tag the later one
 * counts; one that is too short, or without a meaning, is skipped.
 */
export function decodeExtension(area: Uint8Array): Extension | undefined {
  const bytes = Buffer.from(area.buffer, area.byteOffset, area.byteLength);
  let said: Extension = {};
  let at = 0;
  while (at < bytes.length) {
    const valueAt = at + 2;
    const nextAt = valueAt + (bytes[at + 1] ?? MOST_BYTES);
    if (nextAt > bytes.length) return undefined;
    said = { ...said, ...decodeField(bytes.readUInt8(at), bytes.subarray(valueAt, nextAt)) };
    at = nextAt;
  }
  return said;
}

function decodeField(tag: number, value: Buffer): Extension {
  const name = NAMES.find((each) => FIELDS[each].tag === tag);
  if (name === undefined || value.length < FIELDS[name].leastBytes) return {};
  const said = FIELDS[name].read(value);
  return said === undefined ? {} : { [name]: said };
}
