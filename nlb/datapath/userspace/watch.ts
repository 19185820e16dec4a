import { lives, type ProcessIdentity } from '../../kernel/process-identity.ts';
import { awaitForwarder, errorsIn, startForwarder } from './process.ts';

/** Restarts the forwarder when it dies, while the daemon lives. */
export interface ForwarderWatch {
  /** Blocks the thread until it takes requests. Throws an Error with its standard error if it does not start. */
  ready(): void;
  stop(): void;
}

const LOOK_EVERY_MS = 100;
/** It is restarted at once, and after ever longer pauses if it dies again soon. */
const [SOONEST_MS, LATEST_MS] = [200, 10_000];

/** @param problem called when it has died; it is then started again with the published file */
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
  let trouble = '';
  /** What keeps it from being seen, or started, is told once, and looked at again: the daemon has other work, too. */
  const look = (): void => {
    try {
      revive();
      trouble = '';
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== trouble) problem(`The forwarder cannot be watched: ${text}`);
      trouble = text;
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return {
    ready: () => {
      revive();
      awaitForwarder(directory, forwarder);
    },
    stop: () => clearInterval(timer),
  };
}
