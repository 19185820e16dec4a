import type { Random } from './random.ts';

/**
 * Frames that are bad or odd, made from good ones: untagged Ethernet around an IPv4 header without options around TCP or UDP.
 * Where octets lie is RFC 791's, RFC 768's and RFC 9293's; nothing of what comes out is promised to be bad.
 */
type Mutation = (good: Uint8Array, random: Random) => Uint8Array;

const MAC_BYTES = 12;
const IP_AT = 14;
const TOTAL_LENGTH_AT = IP_AT + 2;
const TRANSPORT_AT = IP_AT + 20;
/** What a frame may carry at most, before its header. */
const MTU = 1500;
const TAG_TYPES = [0x8100, 0x88a8];
const MOST_TAGS = 3;
const MOST_FLIPS = 6;

function changed(good: Uint8Array, octets: Record<number, number>): Uint8Array {
  const frame = Uint8Array.from(good);
  for (const [at, octet] of Object.entries(octets)) if (Number(at) < frame.length) frame[Number(at)] = octet;
  return frame;
}

/** Somewhere after the Ethernet header, which no sender leaves out. */
const truncated: Mutation = (good, random) => good.subarray(0, IP_AT + random.below(good.length - IP_AT));

const headerLength: Mutation = (good, random) => changed(good, { [IP_AT]: 0x40 | random.below(16) });

const version: Mutation = (good, random) => changed(good, { [IP_AT]: (random.below(16) << 4) | 5 });

/** None, less than a header, more than there is, anything. */
const totalLength: Mutation = (good, random) => {
  const length = random.pick([0, random.below(20), 0xffff, good.length - IP_AT + 1, random.below(0x10000)]);
  return changed(good, { [TOTAL_LENGTH_AT]: length >> 8, [TOTAL_LENGTH_AT + 1]: length & 0xff });
};

/** A packet that says truly how short it is: nothing behind the IPv4 header, or less than a header of TCP or UDP. */
const emptied: Mutation = (good, random) => {
  const length = 20 + random.below(8);
  return changed(good, { [TOTAL_LENGTH_AT]: 0, [TOTAL_LENGTH_AT + 1]: length }).subarray(0, IP_AT + length);
};

/** The length of TCP's header, which UDP has a length and a checksum in the place of. */
const transportLength: Mutation = (good, random) =>
  changed(good, { [TRANSPORT_AT + 4]: random.below(256), [TRANSPORT_AT + 12]: random.below(256) });

/** One tag, two or three (IEEE 802.1Q). */
const tagged: Mutation = (good, random) => {
  const tag = () => {
    const [type, id] = [random.pick(TAG_TYPES), 1 + random.below(4094)];
    return [type >> 8, type & 0xff, id >> 8, id & 0xff];
  };
  const tags = Array.from({ length: 1 + random.below(MOST_TAGS) }, tag).flat();
  return Uint8Array.of(...good.subarray(0, MAC_BYTES), ...tags, ...good.subarray(MAC_BYTES));
};

/** As long as a frame may be, of which the packet is only the beginning. */
const oversized: Mutation = (good, random) => Uint8Array.of(...good, ...random.bytes(IP_AT + MTU - good.length));

/** A few octets of the packet are others. */
const flipped: Mutation = (good, random) => {
  const flips = Array.from({ length: 1 + random.below(MOST_FLIPS) }, () => {
    return [IP_AT + random.below(good.length - IP_AT), random.below(256)] as const;
  });
  return changed(good, Object.fromEntries(flips));
};

const MUTATIONS: readonly Mutation[] = [
  ...[truncated, headerLength, version, totalLength, emptied],
  ...[transportLength, tagged, oversized, flipped],
];

/** The frame of that number, changed in every way in turn. The good one stays as it is. */
export function malform(number: number, good: Uint8Array, random: Random): Uint8Array {
  return (MUTATIONS[number % MUTATIONS.length] ?? flipped)(good, random);
}
