import { existsSync } from 'node:fs';
import type { NodePlan } from '../../topology/plan.ts';
import { namespaces } from '../batch.ts';
import { killCgroup, makeCgroup, WATCHERS } from '../cgroup.ts';
import type { Driver, MadeLab } from '../driver.ts';
import { HostNode } from '../host-node.ts';
import { HostSegment } from '../host-segment.ts';
import { type LabNames, labNames } from '../names.ts';
import { isIn } from '../namespace.ts';
import { mountBpf, unmakeLab } from '../netns.ts';
import { provePaths } from '../prove-paths.ts';
import { type LabState, list, register, STATE_ROOT } from '../registry.ts';
import { ipBatch, wire } from '../wire.ts';
import { allOf, forEach } from './at-once.ts';
import { begin, containersOf, createContainer, removeContainers, removeFound } from './containers.ts';
import { inContainer, isIdle } from './enclosure.ts';
import { type Engine, EngineProblem, engineAddress, openEngine } from './engine.ts';
import { inGuest } from './guest.ts';
import { findImage, type Image } from './image.ts';
import { readEngine, readRecords, writeEngine, writeRecord } from './record.ts';
import { holderOptions, nodeOptions } from './specification.ts';

/** Each node is a container of an engine that speaks Docker's API; switches and wires are made as without one. */
export const docker: Driver = {
  name: 'docker',
  missing,
  make,
  unmake,
  removeStrays,
  node: (lab, plan) => {
    const isGuest = lab.guests?.includes(plan.name) ?? false;
    const enclosure = isGuest ? inGuest(lab.name, plan.name) : inContainer(lab.name, plan);
    return new HostNode(lab, plan, labNames(lab.name, lab.plan).node(plan.name), enclosure);
  },
  segment: (lab, lan) => new HostSegment(lan, labNames(lab.name, lab.plan).lan(lan)),
};

async function missing(): Promise<string | undefined> {
  try {
    await findImage(await openEngine());
    return undefined;
  } catch (error) {
    if (error instanceof EngineProblem) return error.message;
    throw error;
  }
}

async function make(state: LabState): Promise<void> {
  const engine = await openEngine();
  const image = await findImage(engine);
  register(state);
  try {
    writeEngine(state.name, engine.address);
    await build(state, engine, image);
  } catch (error) {
    await unmake(state);
    throw error;
  }
}

async function build({ name: lab, plan, guests = [] }: LabState, engine: Engine, image: Image): Promise<void> {
  const names = labNames(lab, plan);
  makeCgroup(lab, WATCHERS);
  // What a killed maker of that name had asked for, and got when the lab was no longer known.
  await removeContainers(engine, { lab, register: STATE_ROOT });
  await allOf([ipBatch(lab, namespaces(names.all())), mountBpf(lab)]);
  const isGuest = ({ name }: NodePlan) => guests.includes(name);
  const starting = forEach(plan.nodes, async (node) => {
    const held = await holdNetwork(lab, node, names, engine, image);
    const own = isGuest(node) ? undefined : createContainer(engine, nodeOptions(image, lab, node));
    await allOf(own ? [held.now, own] : [held.now]);
    if (own) await writeRecord(lab, node.name, await begin(await own), isIdle);
  });
  await allOf([wire(plan, names), starting]);
  await provePaths(lab, plan, names);
}

/**
 * What holds the network that the node has by name. It exists when this settles, which Podman asks for before it makes a container that
 * shares that network, and it holds the network when `now` settles.
 */
async function holdNetwork(lab: string, plan: NodePlan, names: LabNames, engine: Engine, image: Image) {
  const netns = names.node(plan.name);
  const isHeld = ([pid]: readonly number[]) => pid !== undefined && isIn(pid, netns);
  const holder = await createContainer(engine, holderOptions(image, lab, plan, netns));
  return { now: begin(holder).then((running) => writeRecord(lab, `${plan.name}.network`, running, isHeld)) };
}

/** Without its engine, processes are ended by their control groups; its containers are removed once it is back, as strays. */
async function unmake(lab: MadeLab): Promise<void> {
  const engine = await reachable(readEngine(lab.name) ?? engineAddress());
  if (engine) await removeContainers(engine, { lab: lab.name, register: STATE_ROOT });
  else
    await Promise.all(
      readRecords(lab.name)
        .filter(({ group }) => existsSync(group))
        .map(({ group }) => killCgroup(group)),
    );
  await unmakeLab(lab);
}

async function reachable(address: string | undefined): Promise<Engine | undefined> {
  if (address === undefined) return undefined;
  try {
    return await openEngine(address);
  } catch (error) {
    if (error instanceof EngineProblem) return undefined;
    throw error;
  }
}

/** Removes containers of labs that are known no more: what an engine had only begun to make, or was not there to remove. */
async function removeStrays(): Promise<string[]> {
  const engine = await reachable(engineAddress());
  if (!engine) return [];
  const found = await containersOf(engine, { register: STATE_ROOT });
  const { labs, broken } = list();
  const known = [...labs.map(({ name }) => name), ...broken];
  const strays = found.filter(({ lab }) => !known.includes(lab));
  await removeFound(engine, strays);
  return [...new Set(strays.map(({ lab }) => lab))];
}
