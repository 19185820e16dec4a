import type { StartedTestContainer, TestContainer } from 'testcontainers';
import { allOf } from '../driver/docker/at-once.ts';
import { openEngine } from '../driver/docker/engine.ts';
import { adoptGuest, restartGuest } from '../driver/docker/guest.ts';
import { findOrMakeImage } from '../driver/docker/image.ts';
import { guestSettings } from '../driver/docker/specification.ts';
import type { Lab } from '../lab/lab.ts';

/** A container as the library makes it, not yet started: a `GenericContainer`, or anything that is derived from it. */
export type ServerContainer = TestContainer & { withLabels(labels: Record<string, string>): unknown };

/** Those that run in place of the lab's own servers, by the servers' names. */
export type OwnContainers = Map<string, StartedTestContainer>;

/** @throws EngineProblem where there is no engine that a lab can be made with, saying what to do; an error without root */
export async function prepareEngine(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('a lab makes networks, which needs root: start the tests with sudo');
  await findOrMakeImage(await openEngine());
}

/** Starts them in the networks that the lab holds for them; waits for all of them also where one fails. */
export async function startContainers(
  lab: Lab,
  containers: ReadonlyMap<string, ServerContainer>,
  started: OwnContainers,
): Promise<void> {
  const starting = [...containers].map(async ([server, container]) => {
    started.set(server, await startContainer(lab.name, server, container));
  });
  await allOf(starting);
}

/** The library's reaper knows nothing of it: it goes with its lab, by the lab's labels. */
async function startContainer(lab: string, server: string, container: ServerContainer): Promise<StartedTestContainer> {
  const { networkMode, labels } = guestSettings(lab, server);
  container.withNetworkMode(networkMode).withAutoCleanup(false);
  container.withLabels(labels);
  const started = await container.start().catch((error: unknown) => {
    throw new Error(`the container for ${server} does not start: ${whyNot(error)}`, { cause: error });
  });
  await adoptGuest(lab, server, started.getId());
  return started;
}

/**
 * Starts a container of one's own again, and waits for nothing: the library's own restart waits for log messages of after the start, and
 * the engine writes down that start when the program may long have said them.
 */
export const restartOwn = (lab: string, server: string): Promise<void> => restartGuest(lab, server);

/** Why it does not start. Of the two commonest reasons neither the library nor the engine says what to do. */
export function whyNot(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason.includes('container runtime strategy'))
    return `${reason}. Where there is a /.dockerenv, testcontainers looks for the engine behind a gateway: set TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1`;
  if (/no such container/i.test(reason))
    return `${reason}. testcontainers and the lab use different engines: name the lab's in DOCKER_HOST`;
  return reason;
}
