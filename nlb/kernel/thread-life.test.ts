import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { threadId } from './libc.ts';
import { mapMemory } from './memory-map.ts';
import { markThisThread, THREAD_BITS } from './thread-life.ts';

const OWNER_DIED = 0x4000_0000;
const folder = mkdtempSync(join(tmpdir(), 'onevip-thread-life-'));
const file = join(folder, 'words');
writeFileSync(file, Buffer.alloc(64));
const memory = map();
const words = new Int32Array(memory.buffer);
t.teardown(() => {
  memory.close();
  rmSync(folder, { recursive: true });
});

function map() {
  const fd = openSync(file, 'r+');
  try {
    return mapMemory(fd, 64);
  } finally {
    closeSync(fd);
  }
}

/** A thread of another program, or of this one, that marks the word and says so. */
const MARKS = `
const { openSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');
Promise.all([import('${import.meta.dirname}/memory-map.ts'), import('${import.meta.dirname}/thread-life.ts')]).then(
  ([{ mapMemory }, { markThisThread }]) => {
    markThisThread(mapMemory(openSync('${file}', 'r+'), 64), 8);
    setInterval(() => {}, 1000);
    if (parentPort) parentPort.postMessage('marked');
    else process.stdout.write('marked');
  },
);`;

async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`${what}: not within 10 s`);
    await pause(1);
  }
}

/** The letter that proc_pid_stat(5) has for it. */
const stateOf = ({ pid }: ChildProcess): string | undefined =>
  /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

async function marking(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', MARKS], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

t.test(
  'a process that lives, stopped or not, has its number in the word; one that is killed has left a mark',
  async (t) => {
    const child = await marking();
    t.equal(words[2], child.pid, 'its first thread');
    child.kill('SIGSTOP');
    await until(() => stateOf(child) === 'T', 'it is stopped');
    t.equal(words[2], child.pid, 'stopped: it may wake');
    child.kill('SIGKILL');
    await until(() => words[2] !== child.pid, 'the mark');
    t.equal(words[2], OWNER_DIED);
    t.equal((words[2] ?? 0) & THREAD_BITS, 0);
  },
);

t.test('a thread that ends has left a mark, though its process goes on', async (t) => {
  const worker = new Worker(MARKS, { eval: true });
  await new Promise((resolve) => worker.once('message', resolve));
  const thread = words[2] ?? 0;
  t.ok(thread > 0 && thread !== threadId());
  await worker.terminate();
  t.equal(words[2], OWNER_DIED);
});

t.test(
  'a word may be marked again, by another mapping of the same memory, and another word is the thread’s then',
  async (t) => {
    const other = map();
    markThisThread(memory, 8);
    markThisThread(other, 8);
    t.equal(words[2], threadId());
    const child = await marking();
    t.equal(words[2], child.pid, 'taken over');
    child.kill('SIGKILL');
    await until(() => words[2] !== child.pid, 'the mark');
    markThisThread(memory, 16);
    t.equal(words[4], threadId());
    other.close();
  },
);
