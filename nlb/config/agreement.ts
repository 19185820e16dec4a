import { createHash } from 'node:crypto';
import type { Config } from './schema.ts';

/**
 * What the two nodes of a pair must be configured alike in, by section: a client must be served in the same way by either. Each
 * section that must agree has a number, under which a beat carries a hash of it; a new section needs one line, and a number that
 * was never used.
 */
const NUMBERS: Record<keyof Config, number | undefined> = {
  nlbs: 1,
  clusterAddresses: 2,
  servers: 3,
  services: 4,
  timeouts: 5,
  reach: 6,
  recovery: 7,
  limits: 8,
  sync: 9,
  // Each node's own, or said to the other in another way: a beat names the lease; who has another key or port is not heard.
  node: undefined,
  primary: undefined,
  access: undefined,
  server: undefined,
  peer: undefined,
  heartbeat: undefined,
  scripts: undefined,
  datapath: undefined,
  control: undefined,
  log: undefined,
};

/** By number of the section: the first four bytes of a hash, in hexadecimal. */
export type Digest = Readonly<Record<number, string>>;

const HASH_DIGITS = 8;
const NAMES = new Map(
  Object.entries(NUMBERS).flatMap(([name, number]) => (number === undefined ? [] : [[number, name]])),
);

export function digestOf(config: Config): Digest {
  return Object.fromEntries([...NAMES].map(([number, name]) => [number, hashOf(config[name as keyof Config])]));
}

/** Names of the sections in which the two differ. One that only one of them knows, being of another version, says nothing. */
export function differing(one: Digest, other: Digest): string[] {
  return [...NAMES].flatMap(([number, name]) => {
    const [own, theirs] = [one[number], other[number]];
    return own === undefined || theirs === undefined || own === theirs ? [] : [name];
  });
}

const hashOf = (section: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(ordered(section)))
    .digest('hex')
    .slice(0, HASH_DIGITS);

/** In what order something is written down makes no difference. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => JSON.stringify(ordered(each))).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, ordered(each)]);
}
