import t from 'tap';
import { malform } from './malformed.ts';
import { randomFrom } from './random.ts';

/** Two hardware addresses, IPv4, a header of 20 octets for 38 in all, and UDP. */
const GOOD = Uint8Array.from({ length: 52 }, (_, at) => {
  const known: Record<number, number> = { 12: 8, 13: 0, 14: 0x45, 16: 0, 17: 38, 23: 17 };
  return known[at] ?? at;
});

const made = (seed = 5) => {
  const random = randomFrom(seed);
  return Array.from({ length: 1800 }, (_, number) => malform(number, GOOD, random));
};

t.test('there are frames of each kind of badness', async (t) => {
  const word = (frame: Uint8Array, at: number) => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  const isUntagged = (frame: Uint8Array) => word(frame, 12) === 0x0800;
  const kinds: Record<string, (frame: Uint8Array) => boolean> = {
    'no IPv4 header at all': ({ length }) => length === 14,
    'half an IPv4 header': ({ length }) => length > 14 && length < 34,
    'half a UDP header': (frame) => frame.length > 34 && frame.length < 42 && word(frame, 16) === frame.length - 14,
    'cut in the payload': (frame) => frame.length > 42 && frame.length < GOOD.length,
    'another version': (frame) => isUntagged(frame) && (frame[14] ?? 0) >> 4 !== 4,
    'a header too short': (frame) => isUntagged(frame) && (frame[14] ?? 0) >> 4 === 4 && ((frame[14] ?? 0) & 15) < 5,
    'a header too long': (frame) => isUntagged(frame) && ((frame[14] ?? 0) & 15) > 9,
    'a length of zero': (frame) => isUntagged(frame) && word(frame, 16) === 0,
    'a length beyond the end': (frame) => isUntagged(frame) && word(frame, 16) > frame.length - 14,
    'one tag': (frame) => frame.length === GOOD.length + 4 && !isUntagged(frame) && word(frame, 16) === 0x0800,
    'two tags': (frame) => frame.length === GOOD.length + 8 && !isUntagged(frame) && word(frame, 20) === 0x0800,
    'three tags': (frame) => frame.length === GOOD.length + 12 && !isUntagged(frame) && word(frame, 24) === 0x0800,
    'the longest of frames': ({ length }) => length === 1514,
    'another UDP length': (frame) => frame.length === GOOD.length && word(frame, 38) !== word(GOOD, 38),
  };
  const frames = made();
  for (const [words, is] of Object.entries(kinds)) t.ok(frames.some(is), words);
  t.ok(
    frames.every(({ length }) => length >= 14 && length <= 1514),
    'and every one can be sent',
  );
});

t.test('the hardware addresses and the good frame stay, and the same seed makes the same frames', async (t) => {
  const before = Uint8Array.from(GOOD);
  const frames = made();
  t.ok(frames.every((frame) => frame.subarray(0, 12).every((octet, at) => octet === before[at])));
  t.same(GOOD, before);
  const text = (some: Uint8Array[]) => some.map((frame) => Buffer.from(frame).toString('hex')).join(' ');
  t.equal(text(made()) === text(frames), true);
  t.equal(text(made(6)) === text(frames), false);
});
