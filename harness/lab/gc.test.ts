import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { until } from '../clock/until.ts';

// The registry reads this when it is loaded. In a folder of its own, these tests' collector sees no lab of anybody else.
const STATE = mkdtempSync(path.join(tmpdir(), 'onevip-gc-'));
process.env.ONEVIP_STATE = STATE;
process.env.ONEVIP_RUNS = `${STATE}-runs`;
const { cgroupPath } = await import('../driver/cgroup.ts');
const { makeLab, unmakeLab } = await import('../driver/netns.ts');
const { bpfFolder, labFolder, list, thisProcess } = await import('../driver/registry.ts');
const { loadPlan } = await import('../topology/load.ts');
const { beginRun, endRun } = await import('./run-folder.ts');
const { collectGarbage, orphans } = await import('./gc.ts');
const { handOver, Lab } = await import('./lab.ts');

const skip = process.getuid?.() === 0 ? false : 'namespaces need root';
const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const PLAN = loadPlan('invention', { servers: 1 });
/** No other run on this machine has it. */
const UNIQUE = `gc${process.pid}`;

t.teardown(() => {
  for (const folder of [STATE, `${STATE}-runs`]) rmSync(folder, { recursive: true, force: true });
});

/** Process ids of everything that was started, however far down, with the mark in its environment. */
function marked(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`ONEVIP_MARK=${mark}\0`);
    } catch {
      return false;
    }
  });
}

/** Whether a firewall runs: what makes the network is over in an instant, and says nothing. */
const hasPrograms = (mark: string): boolean => marked(mark).some((pid) => programOf(pid) === 'keepalived');

function programOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Everything of a lab that is on this machine. */
function remains(lab: string): Record<string, string[]> {
  return {
    namespaces: readdirSync('/run/netns').filter((netns) => netns.startsWith(`ov-${lab}.`)),
    groups: [cgroupPath(lab)].filter(existsSync),
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((mount) => mount.includes(`/${lab}/`) || mount.includes(`ov-${lab}.`)),
    folders: [labFolder(lab)].filter(existsSync),
    processes: marked(lab),
  };
}

const NOTHING = { namespaces: [], groups: [], mounts: [], folders: [], processes: [] };

function startUp(lab: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const words = [CLI, 'up', 'invention', '--name', lab];
  return spawn(process.execPath, words, { env: { ...process.env, ...env, ONEVIP_MARK: lab }, stdio: 'ignore' });
}

/** By then programs run; on a busy machine they are waited for. */
const LAST_MS = 600;

/**
 * Starts `onevip up`, and kills it, and nothing that it has started, so long after it began to make the lab; without a
 * time, before that. Gives how far it came.
 */
async function killedUp(lab: string, afterMs?: number): Promise<string> {
  const child = startUp(lab);
  const begins = { what: `${lab} begins`, withinMs: 20_000, everyMs: 1 };
  await (afterMs === undefined ? pause(20) : until(() => existsSync(labFolder(lab)), begins));
  await pause(afterMs ?? 0);
  if (afterMs === LAST_MS) await until(() => hasPrograms(lab), { ...begins, what: `programs of ${lab}` });
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const { namespaces = [], groups = [], processes = [] } = remains(lab);
  return `${groups.length} group, ${namespaces.length} namespaces, ${processes.length} processes`;
}

const stateOf = (name: string, plan = PLAN) => ({
  name,
  system: 'nlb',
  driver: 'netns' as const,
  plan,
  madeAt: new Date().toISOString(),
});

t.test('whenever a run is killed, gc leaves nothing of it', { skip }, async (t) => {
  const momentsMs = [undefined, 0, 15, 40, 80, 150, 300, LAST_MS];
  const left: string[] = [];
  for (const [index, afterMs] of momentsMs.entries()) {
    const lab = `${UNIQUE}-${index}`;
    left.push(await killedUp(lab, afterMs));
    // A folder without a state is left alone while it is young; this one's maker is known to be dead.
    for (const name of list().broken) utimesSync(labFolder(name), 0, 0);
    // On a fast machine the last ones may have been complete, and handed over.
    const isDone = list().labs.some(({ name, owner }) => name === lab && !owner);
    await (isDone ? unmakeLab(stateOf(lab, loadPlan('invention'))) : collectGarbage());
    t.same(remains(lab), NOTHING, `killed after ${afterMs} ms, which left ${left.at(-1)}`);
  }
  t.match(left.at(-1), /^1 group, [1-9]\d* namespaces, [1-9]\d* processes$/, 'the last one died among its programs');
});

t.test('gc touches nothing that has an owner alive, was handed over, or is not ours', { skip }, async (t) => {
  const [living, handed, dead] = [`${UNIQUE}-living`, `${UNIQUE}-handed`, `${UNIQUE}-dead`];
  const foreign = [`h-${UNIQUE}`, `ov-${UNIQUE}-nobody.nlb1`];
  t.teardown(async () => {
    for (const name of [living, handed, dead]) await unmakeLab(stateOf(name));
    for (const netns of foreign) execFileSync('ip', ['netns', 'delete', netns]);
  });
  for (const netns of foreign) execFileSync('ip', ['netns', 'add', netns]);
  for (const name of [living, handed]) await makeLab({ ...stateOf(name), owner: thisProcess() });
  handOver(new Lab({ ...stateOf(handed), owner: thisProcess() }));
  const sleepers = [living, handed].map((name) =>
    new Lab(stateOf(name)).node('server1').start('sleep', ['sleep', '60']),
  );
  // The owner's process id runs, and is another process than the one that made the lab.
  await makeLab({ ...stateOf(dead), owner: { pid: process.pid, startedTicks: '1' } });
  const before = { living: remains(living), handed: remains(handed) };
  t.equal(before.living.namespaces?.length, PLAN.nodes.length + 4);

  t.same(
    orphans().map(({ name }) => name),
    [dead],
  );
  t.same(await collectGarbage(), { labs: [dead], runFolders: [], interrupted: [] });
  t.same({ living: remains(living), handed: remains(handed) }, before);
  t.same(remains(dead), NOTHING);
  for (const sleeper of sleepers) t.ok(sleeper.isRunning(), 'a process of a lab that stays runs on');
  for (const netns of foreign) t.ok(existsSync(`/run/netns/${netns}`), netns);
  t.ok(readFileSync('/proc/self/mounts', 'utf8').includes(` ${bpfFolder(living)} `));
});

t.test('a run that was killed keeps what it found; one that had not begun is removed', async (t) => {
  const folders = ['died', 'killed', 'lives', 'over'].map((id) => beginRun(id));
  const [died = '', killed = '', , over = ''] = folders;
  for (const folder of [died, killed])
    writeFileSync(path.join(folder, 'owner.json'), JSON.stringify({ pid: 1, startedTicks: 'never' }));
  writeFileSync(path.join(killed, 'run.json'), '{}');
  endRun(over);
  t.match(await collectGarbage(), { runFolders: [died], interrupted: [killed] });
  t.same(folders.map(existsSync), [false, true, true, true]);
  t.match(await collectGarbage(), { runFolders: [], interrupted: [] }, 'and is told once');
});

t.test('a folder whose maker died before it wrote a state is removed when it is old, not before', async (t) => {
  const name = `${UNIQUE}-broken`;
  mkdirSync(labFolder(name));
  await collectGarbage();
  t.ok(existsSync(labFolder(name)));
  const sixSecondsAgo = Date.now() / 1000 - 6;
  utimesSync(labFolder(name), sixSecondsAgo, sixSecondsAgo);
  await collectGarbage();
  t.notOk(existsSync(labFolder(name)));
});

t.test('two collectors at once remove what one would, and neither fails', { skip }, async (t) => {
  const name = `${UNIQUE}-twice`;
  await makeLab({ ...stateOf(name), owner: { pid: 1, startedTicks: 'never' } });
  new Lab(stateOf(name)).node('server1').start('sleep', ['sleep', '60']);
  await Promise.all([collectGarbage(), collectGarbage()]);
  t.same(remains(name), NOTHING);
});

t.test('what a killed run had just begun does not go on behind the collector', { skip }, async (t) => {
  for (const command of ['ip', 'mount']) {
    const lab = `${UNIQUE}-${command}`;
    // A command that is slow to begin, as on a busy machine.
    const folder = t.testdir({ [command]: '#!/bin/sh\n>"$0.begun"\nexec sleep 60\n' });
    chmodSync(path.join(folder, command), 0o755);
    const child = startUp(lab, { PATH: `${folder}:${process.env.PATH}` });
    await until(() => existsSync(path.join(folder, `${command}.begun`)), {
      what: `${command} begins`,
      withinMs: 10_000,
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await collectGarbage();
    t.same(remains(lab), NOTHING, command);
    for (const pid of marked(lab)) process.kill(Number(pid), 'SIGKILL');
  }
});

t.test('an interrupt at any moment takes down what was made, without gc', { skip }, async (t) => {
  const moments: [name: string, come: (left: ReturnType<typeof remains>) => boolean][] = [
    ['folder', ({ folders }) => folders?.length === 1],
    ['network', ({ namespaces }) => (namespaces?.length ?? 0) > 5],
    ['programs', ({ processes }) => (processes?.length ?? 0) > 8],
  ];
  for (const [moment, come] of moments) {
    const lab = `${UNIQUE}-stop-${moment}`;
    const child = startUp(lab);
    await until(() => come(remains(lab)), { what: `the ${moment} of ${lab}`, withinMs: 20_000, everyMs: 2 });
    child.kill('SIGINT');
    await once(child, 'exit');
    t.equal(child.exitCode, 130, moment);
    t.same(remains(lab), NOTHING, moment);
  }
});
