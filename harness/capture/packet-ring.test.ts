import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import t from 'tap';
import { realtimeMinusMonotonicNs } from './clock.ts';
import { SyscallError } from './libc.ts';
import { openRing } from './packet-ring.ts';
import { openSender } from './packet-sender.ts';
import type { CapturedFrame } from './ring-block.ts';

const CLONE_NEWNET = 0x4000_0000;
const FLUSH_MS = 500;

/** Move this process into a nameless network namespace of its own, with one veth pair; it vanishes with the process. */
function enterThrowAwayNamespace(): string | undefined {
  const unshare = koffi.load('libc.so.6').func('int unshare(int flags)');
  if (unshare(CLONE_NEWNET) !== 0) return 'no right to make a network namespace: run as root';
  const commands = [
    'link add near type veth peer name far',
    'link set near address 02:00:00:00:00:01 addrgenmode none up',
    'link set far address 02:00:00:00:00:02 addrgenmode none up',
  ];
  execFileSync('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
  return undefined;
}

const skip = enterThrowAwayNamespace() ?? false;

function indexOf(device: string): number {
  const [link] = JSON.parse(execFileSync('ip', ['-json', 'link', 'show', device], { encoding: 'utf8' }));
  return link.ifindex;
}

/** A frame from `near` to `far` with a private EtherType, marked with its number. */
function numbered(number: number, bytes = 60): Uint8Array {
  const frame = new Uint8Array(bytes);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, number >> 8, number & 0xff]);
  return frame;
}

/** Send frames while a ring listens. @returns what the ring saw of them, in its order. @throws when some are missing */
function capture(frames: Uint8Array[], interfaceName?: string): CapturedFrame[] {
  const ring = openRing({ megabytes: 4, ...(interfaceName ? { interfaceName } : {}) });
  const sender = openSender(indexOf('near'));
  const seen: CapturedFrame[] = [];
  for (const frame of frames) sender.send(frame);
  const complete = ring.flush((frame) => seen.push(frame), FLUSH_MS) && ring.drops() === 0;
  sender.close();
  ring.close();
  if (!complete) throw new Error('the kernel did not hand over everything it took');
  return seen;
}

t.test('every frame is seen leaving one end and entering the other, in order and byte by byte', { skip }, async (t) => {
  const sent = Array.from({ length: 500 }, (_, number) => numbered(number, 60 + number));
  const seen = capture(sent);
  const outgoing = seen.filter((frame) => frame.direction === 'outgoing');
  const incoming = seen.filter((frame) => frame.direction === 'incoming');
  t.same(new Set(outgoing.map((frame) => frame.ifindex)), new Set([indexOf('near')]));
  t.same(new Set(incoming.map((frame) => frame.ifindex)), new Set([indexOf('far')]));
  for (const side of [outgoing, incoming]) {
    t.equal(side.length, sent.length);
    t.ok(
      side.every((frame, number) => Buffer.compare(frame.bytes, sent[number] ?? new Uint8Array()) === 0),
      'bytes are those sent',
    );
    t.ok(side.every((frame) => frame.wireBytes === frame.bytes.length));
    t.ok(side.every((frame, number) => frame.timeNs >= (side[number - 1]?.timeNs ?? 0n), 'time goes forward'));
  }
});

t.test('one interface can be watched alone', { skip }, async (t) => {
  const seen = capture([numbered(1)], 'far');
  t.same(
    seen.map(({ ifindex, direction }) => ({ ifindex, direction })),
    [{ ifindex: indexOf('far'), direction: 'incoming' }],
  );
});

t.test('VLAN tags that the kernel moved out of the frame are put back', { skip }, async (t) => {
  const tags = [0x81, 0x00, 0x20, 0x64, 0x81, 0x00, 0x00, 0x07];
  const tagged = Uint8Array.from([...numbered(7).subarray(0, 12), ...tags, ...numbered(7).subarray(12)]);
  const seen = capture([tagged]);
  t.equal(seen.length, 2);
  for (const frame of seen) {
    t.same(Buffer.from(frame.bytes).toString('hex'), Buffer.from(tagged).toString('hex'));
    t.equal(frame.wireBytes, tagged.length);
  }
});

t.test('time stamps, moved onto the monotonic clock, lie between before and after', { skip }, async (t) => {
  const ring = openRing({ interfaceName: 'near', megabytes: 1 });
  const sender = openSender(indexOf('near'));
  sender.send(numbered(0));
  const before = process.hrtime.bigint();
  sender.send(numbered(1));
  const after = process.hrtime.bigint();
  const offsetNs = realtimeMinusMonotonicNs();
  const stamps: bigint[] = [];
  ring.flush((frame) => stamps.push(frame.timeNs - offsetNs), FLUSH_MS);
  t.equal(stamps.length, 2);
  const [, stamp = 0n] = stamps;
  // Two microseconds for the error of the offset itself.
  t.ok(stamp >= before - 2000n && stamp <= after + 2000n, `${stamp - before} ns after the first of two readings`);
  sender.close();
  ring.close();
});

t.test('a ring that nobody drains counts what it loses, and works again once drained', { skip }, async (t) => {
  const ring = openRing({ interfaceName: 'far', megabytes: 1 });
  const sender = openSender(indexOf('near'));
  const sent = 20_000;
  for (let number = 0; number < sent; number++) sender.send(numbered(number));
  const dropped = ring.drops();
  let seen = 0;
  t.ok(ring.flush(() => seen++, FLUSH_MS));
  t.ok(dropped > 0, 'some did not fit');
  t.equal(seen + dropped, sent, 'each frame is either seen or counted as dropped');
  t.equal(ring.drops(), dropped, 'the count is kept from reading to reading');

  sender.send(numbered(1));
  t.ok(ring.flush(() => seen++, FLUSH_MS));
  t.equal(seen + dropped, sent + 1);
  sender.close();
  ring.close();
});

t.test('many rounds of the ring lose nothing when it is drained', { skip }, async (t) => {
  const ring = openRing({ interfaceName: 'far', megabytes: 1 });
  const sender = openSender(indexOf('near'));
  const numbers: number[] = [];
  const keep = (frame: CapturedFrame) => numbers.push(((frame.bytes[14] ?? 0) << 8) | (frame.bytes[15] ?? 0));
  for (let number = 0; number < 40_000; number++) {
    sender.send(numbered(number, 200));
    if (number % 256 === 0) ring.drain(keep);
  }
  t.ok(ring.flush(keep, FLUSH_MS));
  t.equal(ring.drops(), 0);
  t.equal(numbers.length, 40_000);
  t.ok(numbers.every((number, index) => number === index));
  sender.close();
  ring.close();
});

t.test('a closed ring gives nothing more and can be closed again', { skip }, async (t) => {
  const ring = openRing({ megabytes: 1 });
  ring.close();
  ring.close();
  t.equal(
    ring.drain(() => t.fail('nothing can come')),
    0,
  );
  t.equal(ring.drops(), 0);
});

t.test('refusals name the operation, the subject and the errno', { skip }, async (t) => {
  const opening = () => openRing({ interfaceName: 'nowhere', megabytes: 1 });
  t.throws(opening, new SyscallError('if_nametoindex', 'ENODEV', 'nowhere'));
  t.throws(() => openSender(4711), new SyscallError('bind', 'ENODEV', 'a packet socket to interface 4711'));
});

t.test('a closed ring leaves no socket and no memory behind', { skip }, async (t) => {
  // The namespace is this process's own, so that every packet socket in it is ours.
  const sockets = () => readFileSync('/proc/thread-self/net/packet', 'utf8').trimEnd().split('\n').length - 1;
  const mappings = () => readFileSync('/proc/self/maps', 'utf8').match(/socket:/g)?.length ?? 0;
  const ring = openRing({ megabytes: 1 });
  const sender = openSender(indexOf('near'));
  t.same([sockets(), mappings()], [2, 1]);
  ring.close();
  sender.close();
  t.throws(() => openSender(4711));
  t.throws(() => openRing({ interfaceName: 'near', megabytes: 1 << 30 }), 'more memory than there is');
  t.same([sockets(), mappings()], [0, 0]);
});
