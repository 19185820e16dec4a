import { closeSync, openSync, readSync } from 'node:fs';
import { type MessagePort, workerData } from 'node:worker_threads';
import { realtimeMinusMonotonicNs } from '../capture/clock.ts';
import { ringIn } from '../capture/packet-ring.ts';
import { fullTotalNs, type PressureLook, starvedIn } from './pressure.ts';
import { END, type FromWatchThread, type WatchOrders, WORD } from './watch-messages.ts';

/*
 * The thread of a watch: it empties the rings in time, whatever the main thread is busy with, and looks how long the nodes had to
 * wait for a processor.
 */

const {
  rings: memories,
  pressures,
  words,
  port,
} = workerData as WatchOrders & { words: Int32Array; port: MessagePort };

const LOOK_EVERY_MS = 20;
const FLUSH_WITHIN_MS = 1000;

const rings = memories.map(ringIn);
const files = pressures.map((file) => openSync(file, 'r'));
const text = Buffer.alloc(512);
let looked = look();

for (let done = 0; ; ) {
  const asked = Atomics.load(words, WORD.asked);
  if (asked === END) break;
  const isWhole = rings.map((_, ring) => drain(ring, asked !== done));
  tellStarved();
  if (asked === done) {
    Atomics.wait(words, WORD.asked, asked, LOOK_EVERY_MS);
    continue;
  }
  post({
    type: 'flushed',
    rings: rings.map((ring, number) => ({ drops: ring.drops(), isWhole: isWhole[number] ?? false })),
  });
  done = asked;
  Atomics.store(words, WORD.done, done);
  Atomics.notify(words, WORD.done);
}
for (const file of files) closeSync(file);
port.close();

function post(message: FromWatchThread, memory: ArrayBuffer[] = []): void {
  port.postMessage(message, memory);
}

/** Gives whether everything that the kernel had until then is among what was told. */
function drain(number: number, all: boolean): boolean {
  const ring = rings[number];
  if (!ring) return false;
  const blocks: Uint8Array[] = [];
  const keep = (block: Uint8Array): void => void blocks.push(block.slice());
  const isWhole = all ? ring.flushBlocks(keep, FLUSH_WITHIN_MS) : ring.drainBlocks(keep) >= 0;
  if (blocks.length === 0) return isWhole;
  const starts: number[] = [];
  let used = 0;
  for (const block of blocks) {
    starts.push(used);
    used += block.length;
  }
  const bytes = new Uint8Array(used);
  for (const [index, block] of blocks.entries()) bytes.set(block, starts[index]);
  post({ type: 'blocks', ring: number, bytes, starts, offsetNs: realtimeMinusMonotonicNs() }, [bytes.buffer]);
  return isWhole;
}

function look(before?: PressureLook): PressureLook {
  const totalsNs = files.map((file, index) => totalOf(file) ?? before?.totalsNs[index] ?? 0);
  return { atNs: process.hrtime.bigint(), totalsNs };
}

/** Undefined once the group is gone, as a container's is that was started anew. */
function totalOf(file: number): number | undefined {
  try {
    return fullTotalNs(text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENODEV') return undefined;
    throw error;
  }
}

/** Whoever waited longest since the last look, where that is worth a word. */
function tellStarved(): void {
  const before = looked;
  looked = look(before);
  const longest = starvedIn(before, looked);
  if (longest) post({ type: 'starved', ...longest, fromNs: before.atNs, untilNs: looked.atNs });
}
