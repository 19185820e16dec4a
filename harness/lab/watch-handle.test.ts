import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import koffi from 'koffi';
import t from 'tap';
import { realtimeMinusMonotonicNs } from '../capture/clock.ts';
import { closeRing, makeRing } from '../capture/packet-ring.ts';
import { openSender } from '../capture/packet-sender.ts';
import type { CapturedFrame } from '../capture/ring-block.ts';
import { until } from '../clock/until.ts';
import { startWatchThread } from './watch-handle.ts';

const CLONE_NEWNET = 0x4000_0000;

/** Moves this process into a nameless network namespace of its own, with one veth pair; it vanishes with the process. */
function enterThrowAwayNamespace(): string | undefined {
  if (koffi.load('libc.so.6').func('int unshare(int flags)')(CLONE_NEWNET) !== 0)
    return 'no right to make a network namespace: run as root';
  execFileSync('ip', ['-batch', '-'], {
    input:
      'link add near type veth peer name far\nlink set near addrgenmode none up\nlink set far addrgenmode none up\n',
  });
  return undefined;
}

const skip = enterThrowAwayNamespace() ?? false;

const indexOf = (device: string): number =>
  JSON.parse(execFileSync('ip', ['-json', 'link', 'show', device], { encoding: 'utf8' }))[0].ifindex;

/** A frame with a private EtherType, marked with its number. */
function numbered(number: number): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, number >> 8, number & 0xff]);
  return frame;
}

const numberIn = (frame: CapturedFrame): number => ((frame.bytes[14] ?? 0) << 8) | (frame.bytes[15] ?? 0);

/** Sends without ever letting this thread do anything else, slowly enough for another to follow. */
function sendBusily(count: number): void {
  const sender = openSender(indexOf('near'));
  for (let number = 0; number < count; number++) {
    sender.send(numbered(number));
    if (number % 500 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  sender.close();
}

t.test('nothing is lost while the main thread is busy, and rings hold a part of what comes', { skip }, async (t) => {
  const far = makeRing({ interfaceName: 'far', megabytes: 0.5 });
  const near = makeRing({ interfaceName: 'near', megabytes: 0.5 });
  const seen: number[][] = [[], []];
  const lateNs: bigint[] = [];
  const thread = startWatchThread(
    { rings: [near, far], pressures: [] },
    {
      frame: (ring, frame, offsetNs) => {
        seen[ring]?.push(numberIn(frame));
        lateNs.push(process.hrtime.bigint() - (frame.timeNs - offsetNs));
      },
      starved: () => t.fail('no group was named'),
    },
  );
  thread.flush(5000);
  const count = 20_000;
  sendBusily(count);
  const flushed = thread.flush(5000);
  await thread.stop();
  for (const ring of [near, far]) closeRing(ring);
  t.same(flushed, [
    { drops: 0, isWhole: true },
    { drops: 0, isWhole: true },
  ]);
  const all = Array.from({ length: count }, (_, number) => number);
  t.same(seen, [all, all], 'each frame once and in order');
  t.ok(
    lateNs.every((ns) => ns > 0n && ns < 60_000_000_000n),
    'their stamps are on the monotonic clock',
  );
});

t.test(
  'where frames come faster than they are handed on, reading them leaves time for the rest',
  { skip },
  async (t) => {
    const ring = makeRing({ interfaceName: 'near', megabytes: 0.5 });
    const seen: number[] = [];
    const busyMs = 2;
    const frame = (_: number, each: CapturedFrame): void => {
      for (const untilMs = performance.now() + busyMs; performance.now() < untilMs; );
      seen.push(numberIn(each));
    };
    const thread = startWatchThread({ rings: [ring], pressures: [] }, { frame, starved: () => {} });
    thread.flush(5000);
    const [batches, each] = [10, 20];
    const sender = openSender(indexOf('near'));
    for (let number = 0; number < batches * each; number++) {
      sender.send(numbered(number));
      if (number % each === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
    sender.close();
    t.equal(thread.read(1), false, 'that was not all');
    t.ok(seen.length < batches * each, `${seen.length} frames in a millisecond that was given`);
    thread.flush(5000);
    t.equal(thread.read(1), true);
    t.same(
      seen,
      Array.from({ length: batches * each }, (_, number) => number),
      'and nothing is lost by it',
    );
    await thread.stop();
    closeRing(ring);
  },
);

t.test('what a ring had no room for is counted', { skip }, async (t) => {
  const ring = makeRing({ interfaceName: 'near', megabytes: 0.0625 });
  const sender = openSender(indexOf('near'));
  for (let number = 0; number < 3000; number++) sender.send(numbered(number));
  sender.close();
  let seen = 0;
  const thread = startWatchThread({ rings: [ring], pressures: [] }, { frame: () => seen++, starved: () => {} });
  const [flushed] = thread.flush(5000);
  await thread.stop();
  closeRing(ring);
  t.ok(flushed?.isWhole);
  t.equal((flushed?.drops ?? 0) + seen, 3000);
  t.ok(seen > 0 && seen < 3000, `${seen} seen`);
});

t.test('for how long a group waited for a processor, when that is more than a moment', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pressure-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [one, two] = ['one', 'two'].map((name) => path.join(folder, name)) as [string, string];
  const say = (file: string, microseconds: number) => writeFileSync(file, `full avg10=0.00 total=${microseconds}\n`);
  for (const file of [one, two]) say(file, 100);
  const told: { pressure: number; forNs: number; fromNs: bigint; untilNs: bigint }[] = [];
  const thread = startWatchThread(
    { rings: [], pressures: [one, two] },
    { frame: () => {}, starved: ({ type: _, ...each }) => told.push(each) },
  );
  thread.flush(5000);
  const beganNs = process.hrtime.bigint();
  say(two, 12_100);
  const isTold = (): boolean => {
    thread.read(20);
    return told.length > 0;
  };
  await until(isTold, { what: 'it is told', withinMs: 5000 });
  await thread.stop();
  t.match(told, [{ pressure: 1, forNs: 12_000_000 }]);
  t.ok((told[0]?.untilNs ?? 0n) > beganNs && (told[0]?.fromNs ?? 0n) < (told[0]?.untilNs ?? 0n));
  t.ok(realtimeMinusMonotonicNs() > 0n);
});
