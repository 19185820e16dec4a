import { lives, type ProcessIdentity } from '../../kernel/process-identity.ts';
import { awaitForwarder, errorsIn, startForwarder } from './process.ts';

/** Sees to it that there is a forwarder while the daemon lives. */
export interface ForwarderWatch {
  /** Blocks the thread until it takes questions. Throws an Error with its complaint where it does not come to that. */
  ready(): void;
  stop(): void;
}

const LOOK_EVERY_MS = 100;
/** Whoever dies at once is started again at once, then later and later. */
const [SOONEST_MS, LATEST_MS] = [200, 10_000];

/** @param problem told when it has died; it is then started again, by what is written in the place */
export function watchForwarder(
  directory: string,
  first: ProcessIdentity,
  problem: (text: string) => void = () => {},
): ForwarderWatch {
  let forwarder = first;
  let [startedMs, pauseMs] = [performance.now(), 0];
  const revive = (): void => {
    if (lives(forwarder)) return;
    const livedMs = performance.now() - startedMs;
    if (livedMs < pauseMs) return;
    pauseMs = livedMs > LATEST_MS ? 0 : Math.min(LATEST_MS, Math.max(SOONEST_MS, 2 * pauseMs));
    startedMs = performance.now();
    problem(`The forwarder has died, and is started again. Its connections are lost. ${errorsIn(directory)}`);
    forwarder = startForwarder(directory);
  };
  const timer = setInterval(revive, LOOK_EVERY_MS);
  timer.unref();
  return {
    ready: () => {
      revive();
      awaitForwarder(directory, forwarder);
    },
    stop: () => clearInterval(timer),
  };
}
