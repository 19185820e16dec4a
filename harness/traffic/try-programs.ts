import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProbeEnded, Watched } from '../history/event.ts';
import { Client, type Load } from './client-handle.ts';

/** What a test of tap's gives: a place to say what is to be ended with it. */
export interface Ending {
  teardown(end: () => void): void;
}

/** Start one of the programs here, without a lab, until the test ends. */
export function startProgram(
  t: Ending,
  name: string,
  ...args: string[]
): ChildProcessByStdio<Writable, Readable, null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  return child;
}

/** A client program that takes commands, and everything that it has recorded; instants are as CLOCK_MONOTONIC has them. */
export async function startClient(t: Ending) {
  const child = startProgram(t, 'client.ts');
  const recorded: (ProbeEnded | Watched)[] = [];
  const record = (event: ProbeEnded | Watched) => void recorded.push(event);
  const client = new Client(child, { node: 'client1', record, toHistoryNs: Number });
  await client.ready();
  return { client, child, recorded };
}

/** Wait until so many probes have ended. */
export async function ended(load: Load, count: number): Promise<void> {
  while (load.probes.length < count) await pause(5);
}
