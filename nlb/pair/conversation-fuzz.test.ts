import fc from 'fast-check';
import t from 'tap';
import { acquainted, active, beatTo, deliver, startNlb1, startNlb2 } from './test-conversation.ts';

const NIGHTLY = process.env.ONEVIP_NIGHTLY !== undefined;
const DATAGRAMS = NIGHTLY ? 1_000_000 : 20_000;

/** What can be done to a datagram without its key. Offsets and lengths are taken modulo what is there. */
type Mutation = (datagram: Buffer) => Buffer;
const at = fc.nat(600);
const few = fc.uint8Array({ maxLength: 40, size: 'max' });
const many = fc.uint8Array({ maxLength: 600, size: 'max' });
const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.nat(7)).map(([i, bit]) => withByte(i, (byte) => byte ^ (1 << bit))),
  fc.tuple(at, fc.nat(255)).map(([i, value]) => withByte(i, () => value)),
  fc.tuple(at, at).map(([i, j]) => spliced(i, j, [])),
  fc.tuple(at, at, few).map(([i, j, bytes]) => spliced(i, j, bytes)),
  fc.tuple(at, few).map(([i, bytes]) => spliced(i, i, bytes)),
  many.map((bytes) => (datagram: Buffer) => Buffer.concat([datagram.subarray(0, 5), bytes])),
  many.map((bytes) => (datagram: Buffer) => Buffer.concat([datagram, bytes])),
  many.map((bytes) => () => Buffer.from(bytes)),
);

function withByte(index: number, change: (byte: number) => number): Mutation {
  return (datagram) => Buffer.from(datagram.map((byte, i) => (i === index % datagram.length ? change(byte) : byte)));
}

/** The bytes in the place of what is between the two offsets. */
function spliced(i: number, j: number, bytes: Iterable<number>): Mutation {
  return (datagram) => {
    const [from = 0, to = 0] = [i % (datagram.length + 1), j % (datagram.length + 1)].sort((a, b) => a - b);
    return Buffer.from([...datagram.subarray(0, from), ...bytes, ...datagram.subarray(to)]);
  };
}

t.setTimeout(600_000);
t.test(`${DATAGRAMS} mutated datagrams are refused, counted, answered by nothing, and change nothing`, async (t) => {
  const [nlb1, nlb2] = acquainted();
  const unverified = startNlb2();
  // Each of these would be believed, or answered, as it is.
  const originals = [nlb1.beat(active, 0), startNlb1().beat(active, 0)].map(({ access }) => Buffer.from(access));
  const receivers = [nlb2, unverified];
  const before = receivers.map((receiver) => ({
    contact: receiver.contact(),
    copy: structuredClone(receiver.contact()),
    counts: structuredClone(receiver.counts),
  }));
  const seed = Number(process.env.ONEVIP_SEED ?? Date.now() % 2 ** 31);
  t.comment(`seed ${seed}`);
  let sent = 0;
  fc.assert(
    fc.property(fc.nat(1), fc.nat(1), mutations, (to, which, mutate) => {
      const [receiver, original] = [receivers[to] ?? nlb2, originals[which] ?? Buffer.alloc(0)];
      const datagram = mutate(original);
      fc.pre(!datagram.equals(original));
      const { rejected, ...rest } = receiver.receive('access', datagram, sent);
      sent++;
      return rejected !== undefined && Object.keys(rest).length === 0 && receiver.contact() === before[to]?.contact;
    }),
    { seed, numRuns: DATAGRAMS },
  );
  t.same(
    receivers.map((receiver) => receiver.contact()),
    before.map(({ copy }) => copy),
  );
  const counted = receivers.map(({ counts }, i) => sum(counts.refused) - sum(before[i]?.counts.refused ?? {}));
  for (const { counts } of receivers) t.comment(JSON.stringify(counts.refused));
  t.equal(sum(counted), sent, 'each was counted');
  t.same(
    receivers.map(({ counts }) => counts.heard),
    before.map(({ counts }) => counts.heard),
  );
  t.ok(beatTo(nlb1, nlb2), 'and the pair talks on');
  t.match(
    deliver(unverified, startNlb1().beat(active, 0)),
    [{ challengeReply: {} }, {}],
    'and the next unverified boot is sent a challenge reply',
  );
});

function sum(counts: Record<string, number> | readonly number[]): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
