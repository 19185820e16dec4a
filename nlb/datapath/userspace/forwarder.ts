import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { awaitReadable } from '../../kernel/readiness.ts';
import { beRealTime } from '../../kernel/scheduling.ts';
import { openAnswerer } from '../../kernel/unix-datagram.ts';
import { FILES } from './directory.ts';
import { openForwarding } from './forwarding.ts';

/**
 * `node forwarder.ts PLACE`: a process of its own, so that it outlives the daemon as a BPF program does. It forwards for as
 * long as the lease in the place says, whoever renews that, and runs until it is killed, or its place has been removed; it
 * has nothing to put away.
 *
 * Like a program in the kernel it comes before every ordinary process, and after the beat: on a machine with much to do it
 * was seen waiting for 80 ms. Where the system refuses that, it runs as it is.
 */
const [directory = ''] = process.argv.slice(2);
const IDLE_MS = 1000;
const BEHIND_THE_BEAT = 1;
beRealTime(BEHIND_THE_BEAT);
const forwarding = openForwarding(directory);
// Last, because whoever finds it may ask: then all the rest is there.
const requests = openAnswerer(join(directory, FILES.requests));

for (let idle = false; !idle || existsSync(directory); ) {
  const descriptors = forwarding.descriptors();
  const [isAsked, ...ready] = awaitReadable([requests.fd, ...descriptors], IDLE_MS);
  idle = !isAsked && !ready.includes(true);
  for (const [index, fd] of descriptors.entries()) if (ready[index]) forwarding.forwardBatch(fd);
  if (isAsked) requests.answer(forwarding.answer);
}
