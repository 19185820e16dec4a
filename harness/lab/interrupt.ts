import { removeOwnLabs } from './gc.ts';
import { makings } from './lab.ts';

/** Exit codes of a shell for a program that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * From now on, what ends this process takes the labs down that it has made. A second signal does not wait for that.
 * @returns whether that has begun: then whatever works with a lab says nothing of it any more
 */
export function tidyOnInterrupt(): () => boolean {
  const tidying = openTidying();
  onSignals(tidying.begin);
  return tidying.hasBegun;
}

/**
 * From now on, the first signal that would end this process asks it to end soon, with what it has; the second takes down the labs that it
 * has made. @returns what is aborted by the first
 */
export function endSoonOnInterrupt(): AbortSignal {
  const soon = new AbortController();
  const tidying = openTidying();
  onSignals((exitCode) => {
    if (soon.signal.aborted) tidying.begin(exitCode);
    else soon.abort(new Error('interrupted'));
  });
  return soon.signal;
}

// Not `once`: libraries of ours end the process when they find themselves the only listeners left.
function onSignals(act: (exitCode: number) => void): void {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) process.on(signal, () => act(exitCode));
}

function openTidying() {
  let hasBegun = false;
  return {
    hasBegun: () => hasBegun,
    begin: (exitCode: number): void => {
      if (hasBegun) process.exit(exitCode);
      hasBegun = true;
      tidy(exitCode);
    },
  };
}

async function tidy(exitCode: number): Promise<void> {
  // Whoever still works with a lab that is taken from under it will complain: that is no news now.
  process.on('uncaughtException', () => {});
  try {
    await Promise.allSettled(makings);
    await removeOwnLabs();
  } catch (error) {
    console.error(error);
  }
  process.exit(exitCode);
}
