import { existsSync } from 'node:fs';
import type { NodePlan } from '../../topology/plan.ts';
import { lansOf, namespaces } from '../batch.ts';
import { killCgroup, makeCgroup, WATCHERS } from '../cgroup.ts';
import type { Driver, MadeLab } from '../driver.ts';
import { HostNode } from '../host-node.ts';
import { HostSegment } from '../host-segment.ts';
import { type LabNames, labNames } from '../names.ts';
import { mountBpf, unmakeLab } from '../netns.ts';
import { provePaths } from '../prove-paths.ts';
import { type LabState, list, register, STATE_ROOT } from '../registry.ts';
import { ipBatch, wire } from '../wire.ts';
import { containersOf, removeContainers, removeFound, startContainer } from './containers.ts';
import { inContainer } from './enclosure.ts';
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
  const lans = ipBatch(lab, namespaces(lansOf(plan).map(names.lan)));
  await allOf([holdNetworks(lab, plan, names, engine, image), mountBpf(lab), lans]);
  const own = plan.nodes.filter(({ name }) => !guests.includes(name));
  await allOf([wire(plan, names), startNodes(lab, own, engine, image)]);
  await provePaths(lab, plan, names);
}

/** Waits for all of it also where some of it fails: what is still being made while the lab is unmade would stay. */
async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** Each node's network gets a name as if it had been made without a container, so that links are born in it. */
async function holdNetworks(lab: string, plan: MadeLab['plan'], names: LabNames, engine: Engine, image: Image) {
  await allOf(
    plan.nodes.map(async (node) => {
      const running = await startContainer(engine, holderOptions(image, lab, node));
      await ipBatch(lab, `netns attach ${names.node(node.name)} ${running.pid}\n`);
      await writeRecord(lab, `${node.name}.network`, running);
    }),
  );
}

async function startNodes(lab: string, nodes: readonly NodePlan[], engine: Engine, image: Image): Promise<void> {
  await allOf(
    nodes.map(async (node) => writeRecord(lab, node.name, await startContainer(engine, nodeOptions(image, lab, node)))),
  );
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
