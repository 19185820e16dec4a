import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from '../control/client.ts';
import type { Status } from '../control/status.ts';
import type { TestNode, TestPair } from '../daemons/test-pair.ts';

/** A pair of daemons, the first of which leads. */
export interface MeasuredPair {
  active: TestNode;
  standby: TestNode;
  /** Kills the standby's daemon, and starts another. */
  restartStandby(): Promise<void>;
}

type InStep = NonNullable<Status['inStep']>;

export function measuredPair(test: TestPair): MeasuredPair {
  const [active, standby] = test.nodes;
  test.start(active);
  let daemon: ChildProcess = test.start(standby);
  return {
    active,
    standby,
    restartStandby: async () => {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGKILL');
      await ended;
      daemon = test.start(standby);
    },
  };
}

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
  let seen: InStep | undefined;
  for (const endMs = performance.now() + WITHIN_MS; performance.now() < endMs; await pause(LOOK_MS)) {
    seen = await inStepOf(node).catch(() => undefined);
    if (seen && isSo(seen)) return seen;
  }
  throw new Error(`waited a minute in vain: ${what}; ${JSON.stringify(seen)}`);
}

export const inStep = ({ active, standby }: MeasuredPair): Promise<InStep> =>
  until(active, `${standby.name} is in step with ${active.name}`, ({ part, isInStep }) => part === 'leads' && isInStep);

/** Nothing is to change its server any more, and the standby has acknowledged all. */
export const isCommitted = ({ slots, records }: InStep): boolean =>
  slots.drifting === 0 && slots.setting === 0 && records.acknowledged === records.logged;

/** A twentieth of the slots goes from one server to the next, of ten. */
const [USUAL, MORE] = [100, 160];
let turns = 0;

/** Both nodes are given weights by which so many servers have more than the others, other ones each time. */
export async function moveSlots({ active, standby }: MeasuredPair, favoured = 1): Promise<void> {
  turns += 1;
  const weightOf = (index: number): number => ((index + turns) % 10 < favoured ? MORE : USUAL);
  for (const { config, socket } of [standby, active]) {
    const text = readFileSync(config, 'utf8').replaceAll(
      /\{ name: server(\d+), address: ([\d.]+)(?:, weight: \d+)? \}/g,
      (_, number: string, address: string) =>
        `{ name: server${number}, address: ${address}, weight: ${weightOf(Number(number))} }`,
    );
    writeFileSync(config, text);
    const answer = await request(socket, { command: 'reload' });
    if (!answer.ok) throw new Error(answer.error);
  }
}
