import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from '../control/client.ts';
import type { Status } from '../control/status.ts';
import type { TestNode, TestPair } from '../daemons/test-pair.ts';

/** A pair of daemons. */
export interface MeasuredPair {
  active: TestNode;
  standby: TestNode;
  /** Kills the standby's daemon, and starts another. */
  restartStandby(): Promise<void>;
}

type InStep = NonNullable<Status['inStep']>;

/** Starts both daemons, and waits until one of them leads and the other is in step with it. */
export async function startPair(test: TestPair): Promise<MeasuredPair> {
  const daemons = new Map<TestNode, ChildProcess>(test.nodes.map((node) => [node, test.start(node)]));
  const active = await firstThat(
    test.nodes,
    `${test.nodes.map(({ name }) => name).join(' or ')} leads, in step`,
    leadsInStep,
  );
  const standby = test.nodes.find((node) => node !== active) ?? active;
  return {
    active,
    standby,
    restartStandby: async () => {
      const before = daemons.get(standby);
      const ended = new Promise((resolve) => before?.once('exit', resolve));
      before?.kill('SIGKILL');
      await ended;
      daemons.set(standby, test.start(standby));
    },
  };
}

const leadsInStep = ({ part, isInStep }: InStep): boolean => part === 'leads' && isInStep;

/** Throws NoDaemon. */
export async function statusOf(node: TestNode): Promise<Status> {
  const answer = await request(node.socket, { command: 'status' });
  if (!answer.ok) throw new Error(answer.error);
  return answer.value as Status;
}

/** What has happened on the node, in order. */
export async function eventsOf(node: TestNode): Promise<EventShown[]> {
  const answer = await request(node.socket, { command: 'events' });
  if (!answer.ok) throw new Error(answer.error);
  return answer.value as EventShown[];
}

interface EventShown {
  event: string;
  monotonicMs: number;
  [field: string]: unknown;
}

export async function inStepOf(node: TestNode): Promise<InStep> {
  const { inStep } = await statusOf(node);
  if (!inStep) throw new Error(`${node.name} keeps nobody in step`);
  return inStep;
}

const [LOOK_MS, WITHIN_MS] = [5, 60_000];

/** Until it is so, and gives what was seen then. */
export async function until(node: TestNode, what: string, isSo: (inStep: InStep) => boolean): Promise<InStep> {
  let so: InStep | undefined;
  await firstThat([node], what, (seen) => {
    so = seen;
    return isSo(seen);
  });
  if (!so) throw new Error(`${node.name} has said nothing`);
  return so;
}

/** The first of the nodes of which it is so. */
async function firstThat(
  nodes: readonly TestNode[],
  what: string,
  isSo: (inStep: InStep) => boolean,
): Promise<TestNode> {
  const seen: unknown[] = [];
  for (const endMs = performance.now() + WITHIN_MS; performance.now() < endMs; await pause(LOOK_MS)) {
    seen.length = 0;
    for (const node of nodes) {
      const inStep = await inStepOf(node).catch(() => undefined);
      if (inStep && isSo(inStep)) return node;
      seen.push(inStep);
    }
  }
  throw new Error(`waited a minute in vain: ${what}; ${JSON.stringify(seen)}`);
}

export const inStep = ({ active, standby }: MeasuredPair): Promise<InStep> =>
  until(active, `${standby.name} is in step with ${active.name}`, leadsInStep);

/** Nothing is to change its server any more, and the standby has acknowledged all. */
export const isCommitted = ({ slots, records }: InStep): boolean =>
  slots.drifting === 0 && slots.setting === 0 && records.acknowledged === records.logged;

/** A twentieth of the slots goes from one server to the next, of ten. */
const [USUAL, MORE] = [100, 160];
let turns = 0;

/**
 * Both nodes are given weights by which so many servers have more than the others, other ones each time.
 * @returns when the one that leads was given them, by performance.now()
 */
export async function moveSlots({ active, standby }: MeasuredPair, favoured = 1): Promise<number> {
  turns += 1;
  let orderedMs = 0;
  const weightOf = (index: number): number => ((index + turns) % 10 < favoured ? MORE : USUAL);
  for (const { config, socket } of [standby, active]) {
    const text = readFileSync(config, 'utf8').replaceAll(
      /\{ name: server(\d+), address: ([\d.]+)(?:, weight: \d+)? \}/g,
      (_, number: string, address: string) =>
        `{ name: server${number}, address: ${address}, weight: ${weightOf(Number(number))} }`,
    );
    writeFileSync(config, text);
    orderedMs = performance.now();
    const answer = await request(socket, { command: 'reload' });
    if (!answer.ok) throw new Error(answer.error);
  }
  return orderedMs;
}
