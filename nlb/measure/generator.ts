import { createInterface } from 'node:readline';
import { ifindexOf } from '../datapath/kit/rig.ts';
import { openPinned } from '../kernel/bpf-link.ts';
import { sendLiveFrames } from '../kernel/bpf-test-run.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { frameOf } from './frames.ts';
import { ADDRESS_PAIR, pinOf } from './load-balancer.ts';
import { makeFrames } from './rig.ts';

/**
 * The generator, in the network namespace of the router: `node generator.ts`, started by wire.ts. Prints the index of its
 * interface. For each line of its input, a number, it sends so many frames and prints how many nanoseconds that took.
 */
const [program = -1, stream = -1] = ['generate', 'stream'].map((name) => openPinned(pinOf(name)));
const frame = frameOf('udp', ADDRESS_PAIR);
console.log(ifindexOf('router'));
for await (const line of createInterface(process.stdin)) {
  const began = monotonicNs();
  makeFrames(stream, Number(line), (frames) => sendLiveFrames(program, frame, frames));
  console.log(Number(monotonicNs() - began));
}
