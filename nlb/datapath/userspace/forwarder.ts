import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { awaitReadable } from '../../kernel/readiness.ts';
import { beRealTime } from '../../kernel/scheduling.ts';
import { openAnswerer } from '../../kernel/unix-datagram.ts';
import { FILES } from './directory.ts';
import { openForwarding } from './forwarding.ts';

/**
 * `node forwarder.ts DIRECTORY`: a process of its own, so that it outlives the daemon as a BPF program does. It forwards as long as
 * the lease in the directory holds, whoever renews that, and runs until it is killed or the directory is removed. It needs no
 * clean-up.
 *
 * It has real-time priority, below the beat's: on a busy machine it was seen waiting for 80 ms behind ordinary processes. If the
 * system refuses that priority, it runs without.
 */
const [directory = ''] = process.argv.slice(2);
const IDLE_MS = 1000;
const BEHIND_THE_BEAT = 1;
beRealTime(BEHIND_THE_BEAT);
const forwarding = openForwarding(directory);
// Opened last: a daemon that finds this socket may send requests at once.
const requests = openAnswerer(join(directory, FILES.requests));

for (let idle = false; !idle || existsSync(directory); ) {
  const descriptors = forwarding.descriptors();
  const [isAsked, ...ready] = awaitReadable([requests.fd, ...descriptors], IDLE_MS);
  idle = !isAsked && !ready.includes(true);
  for (const [index, fd] of descriptors.entries()) if (ready[index]) forwarding.forwardBatch(fd);
  if (isAsked) requests.answer(forwarding.answer);
}
