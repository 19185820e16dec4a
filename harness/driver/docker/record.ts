import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../clock/until.ts';
import { findCgroup2, processesOf } from '../cgroup.ts';
import { labFolder } from '../registry.ts';
import type { Running } from './containers.ts';
import { EngineProblem } from './engine.ts';

/** What is known of a lab's containers, on disk: whoever enters a node must know its processes at once, and without the engine. */
export interface ContainerRecord extends Running {
  /** Folder of its control group (version 2). */
  group: string;
  /** The processes that are the container, and not what runs on the node. */
  own: number[];
}

const SUFFIX = '.container';
const recordFile = (lab: string, name: string): string => path.join(labFolder(lab), `${name}${SUFFIX}`);
const engineFile = (lab: string): string => path.join(labFolder(lab), 'engine');

export function readRecord(lab: string, name: string): ContainerRecord {
  const file = recordFile(lab, name);
  if (!existsSync(file)) throw new Error(`the lab ${lab} has no container ${name}: was it taken down?`);
  return JSON.parse(readFileSync(file, 'utf8')) as ContainerRecord;
}

export function readRecords(lab: string): ContainerRecord[] {
  const folder = labFolder(lab);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(SUFFIX)) : [];
  return names.map((name) => readRecord(lab, name.slice(0, -SUFFIX.length)));
}

/** Writes down what has been started, once it has begun, as its processes show. */
export async function writeRecord(
  lab: string,
  name: string,
  running: Running,
  hasBegun: (own: readonly number[]) => boolean,
): Promise<void> {
  const group = groupOf(running);
  const started = () => hasBegun(processesOf(group));
  await until(started, { what: `the container of ${name} has begun`, withinMs: 10_000, everyMs: 2 });
  save(lab, name, { ...running, group, own: processesOf(group) });
}

/** Writes down a container that somebody else has started: whatever runs in it is the node's. */
export const writeGuest = (lab: string, name: string, running: Running): void =>
  save(lab, name, { ...running, group: groupOf(running), own: [] });

function save(lab: string, name: string, record: ContainerRecord): void {
  const file = recordFile(lab, name);
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** @throws EngineProblem where its processes are not on this machine */
function groupOf({ id, pid }: Running): string {
  const file = `/proc/${pid}/cgroup`;
  const text = pid > 0 && existsSync(file) ? readFileSync(file, 'utf8') : '';
  const own = /^0::(.*)$/m.exec(text)?.[1];
  if (!text.includes(id) || own === undefined)
    throw new EngineProblem(
      'the engine runs on another machine, or in one: its containers have no process here, and nothing here can wire them',
    );
  return path.join(findCgroup2() ?? '', own);
}

/** Which engine the lab was made with. */
export const writeEngine = (lab: string, address: string): void => writeFileSync(engineFile(lab), address);
export const readEngine = (lab: string): string | undefined =>
  existsSync(engineFile(lab)) ? readFileSync(engineFile(lab), 'utf8') : undefined;
