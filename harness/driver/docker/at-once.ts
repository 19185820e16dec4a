import { availableParallelism } from 'node:os';

/** How many containers an engine is asked for at a time. It is bound by its processors: more are no sooner there, and each takes longer. */
const AT_ONCE = 4 * availableParallelism();

/** Waits for all of it also where some of it fails: what is still being made while a lab is unmade would stay. */
export async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** Does the work for each, so many at a time. Once it fails for one, none is begun any more. */
export async function forEach<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      await work(item).catch((error) => {
        waiting.length = 0;
        throw error;
      });
  };
  await allOf(Array.from({ length: atOnce }, worker));
}
