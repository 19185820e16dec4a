import type { Container, ContainerCreateOptions } from 'dockerode';
import { until } from '../../clock/until.ts';
import { forEach } from './at-once.ts';
import { type Engine, EngineProblem } from './engine.ts';
import { openNetworkSettings } from './network-settings.ts';
import { LABELS } from './specification.ts';

/** A running container, by its first process. */
export interface Running {
  id: string;
  pid: number;
}

export const createContainer = ({ docker }: Engine, options: ContainerCreateOptions): Promise<Container> =>
  docker.createContainer(options);

/** @throws EngineProblem where it is over as soon as it has begun */
export async function begin(container: Container): Promise<Running> {
  await container.start();
  const { Config, Name, State } = await container.inspect();
  const part = Config.Labels[LABELS.part];
  const needed =
    part === 'guest' ? '' : `: has its image ${Config.Image} sh, nsenter and setpriv (Debian’s util-linux)?`;
  if (!State.Running)
    throw new EngineProblem(
      `the container ${Name.slice(1)} ended at once, with exit status ${State.ExitCode}${needed}`,
    );
  if (part === 'node') await openNetworkSettings(State.Pid);
  return { id: container.id, pid: State.Pid };
}

/** Has a node's container that was killed begin anew, with the same settings. */
export async function restartContainer({ docker }: Engine, id: string): Promise<Running> {
  const container = docker.getContainer(id);
  const ended = async () => !(await container.inspect()).State.Running;
  await until(ended, { what: `the container ${id.slice(0, 12)} has ended`, withinMs: 10_000, everyMs: 10 });
  return begin(container);
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
 * Removes every container of the lab with all that runs in it, which takes its time where there are two hundred. What a killed maker
 * had just asked for may appear a moment later, so it is looked for until there is none.
 */
export async function removeContainers(engine: Engine, owned: Owned): Promise<void> {
  await removeFound(engine, await containersOf(engine, owned));
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
    await forEach(now, ({ id }) => removeContainer(engine, id));
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
