/** Exit codes of a shell for a program that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Until the returned function is called, an interrupt runs `cleanUp` before the process ends, so that Ctrl-C leaves nothing
 * behind. A second one does not wait.
 */
export function onInterrupt(cleanUp: () => Promise<void>): () => void {
  const stops = Object.entries(SIGNALS).map(([signal, exitCode]) => {
    const end = () => {
      stop();
      cleanUp().then(
        () => process.exit(exitCode),
        (error: unknown) => {
          console.error(error);
          process.exit(exitCode);
        },
      );
    };
    process.on(signal, end);
    return () => process.off(signal, end);
  });
  const stop = () => {
    for (const each of stops) each();
  };
  return stop;
}
