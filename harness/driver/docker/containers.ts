import type { ContainerCreateOptions } from 'dockerode';
import { until } from '../../clock/until.ts';
import type { Engine } from './engine.ts';
import { openNetworkSettings } from './network-settings.ts';
import { LABELS } from './specification.ts';

/** A running container, by its first process. */
export interface Running {
  id: string;
  pid: number;
}

export async function startContainer({ docker }: Engine, options: ContainerCreateOptions): Promise<Running> {
  const container = await docker.createContainer(options);
  await container.start();
  const { Pid: pid } = (await container.inspect()).State;
  if (options.Labels?.[LABELS.part] === 'node') await openNetworkSettings(pid);
  return { id: container.id, pid };
}

/** Has a node's container that was killed begin anew, with the same settings. */
export async function restartContainer({ docker }: Engine, id: string): Promise<Running> {
  const container = docker.getContainer(id);
  const ended = async () => !(await container.inspect()).State.Running;
  await until(ended, { what: `the container ${id.slice(0, 12)} has ended`, withinMs: 10_000, everyMs: 10 });
  await container.start();
  const { Pid: pid } = (await container.inspect()).State;
  await openNetworkSettings(pid);
  return { id, pid };
}

/** Which lab, or whose labs. */
export type Owned = { lab: string; register: string } | { register: string };

export interface Found {
  id: string;
  lab: string;
  /** It holds the network that another one is in. */
  isHolder: boolean;
}

/** Every container with these labels, whether it runs or not. */
export async function containersOf({ docker }: Engine, owned: Owned): Promise<Found[]> {
  const label = Object.entries(owned).map(([name, value]) => `${LABELS[name as keyof typeof LABELS]}=${value}`);
  const found = await docker.listContainers({ all: true, filters: { label } });
  return found.map(({ Id, Labels }) => ({
    id: Id,
    lab: Labels[LABELS.lab] ?? '',
    isHolder: Labels[LABELS.part] === 'network',
  }));
}

/**
 * Removes every container of the lab with all that runs in it. What a killed maker had just asked for may appear a moment later, so
 * it is looked for until there is none.
 */
export async function removeContainers(engine: Engine, owned: Owned): Promise<void> {
  const gone = async () => {
    const found = await containersOf(engine, owned);
    await removeFound(engine, found);
    return found.length === 0;
  };
  await until(gone, { what: `no container is left of ${JSON.stringify(owned)}`, withinMs: 20_000, everyMs: 20 });
}

/** Nodes first: Podman removes no container whose network another one is in. */
export async function removeFound(engine: Engine, found: readonly Found[]): Promise<void> {
  for (const holders of [false, true]) {
    const now = found.filter(({ isHolder }) => isHolder === holders);
    await Promise.all(now.map(({ id }) => removeContainer(engine, id)));
  }
}

/** It has gone already, or somebody else is removing it. */
const GOING = [404, 409];

async function removeContainer({ docker }: Engine, id: string): Promise<void> {
  try {
    await docker.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    if (!GOING.includes((error as { statusCode?: number }).statusCode ?? 0)) throw error;
  }
}
