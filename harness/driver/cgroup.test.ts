import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { until } from '../clock/until.ts';
import { cgroupPath, findCgroup2, killCgroup, makeCgroup, processesOf, removeCgroups, setFrozen } from './cgroup.ts';

const skip = process.getuid?.() === 0 && findCgroup2() ? false : 'it needs root and a cgroup2 file system';
const LAB = `cgroup-test-${process.pid}`;

t.test('the version 2 hierarchy is found among the mounts, wherever it is', async (t) => {
  const hybrid = [
    'cgroup /sys/fs/cgroup/freezer cgroup rw,freezer 0 0',
    'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0',
    '',
  ];
  t.equal(findCgroup2(hybrid.join('\n')), '/sys/fs/cgroup/unified');
  t.equal(findCgroup2('none /elsewhere cgroup2 rw 0 0\n'), '/elsewhere');
  t.equal(findCgroup2('cgroup /cgroup2 cgroup rw 0 0\n'), undefined);
});

/** Starts a shell script in the group of a node. Standard output is a pipe. */
function startIn(node: string, script: string): ChildProcess {
  const enter = `echo $$ >${cgroupPath(LAB, node)}/cgroup.procs && { ${script}; }`;
  return spawn('sh', ['-c', enter], { stdio: ['ignore', 'pipe', 'inherit'] });
}

const hasProcesses = (node: string, count: number) =>
  until(() => processesOf(cgroupPath(LAB, node)).length === count, {
    what: `${count} processes in ${node}`,
    withinMs: 5000,
  });

t.test('real control groups', { skip }, async (t) => {
  t.beforeEach(() => {
    for (const node of ['one', 'two']) makeCgroup(LAB, node);
  });
  t.afterEach(() => removeCgroups(LAB));

  t.test('a group has the processes that were started in it, and their children', async (t) => {
    const shell = startIn('one', 'sleep 60 & sleep 60 & wait');
    await hasProcesses('one', 3);
    t.ok(processesOf(cgroupPath(LAB, 'one')).includes(shell.pid ?? 0));
    t.same(processesOf(cgroupPath(LAB, 'two')), []);
  });

  t.test('a frozen group stands still until it is thawed, and no other does', async (t) => {
    const counting = 'while true; do echo; sleep 0.005; done';
    const lines = { one: 0, two: 0 };
    for (const node of ['one', 'two'] as const) {
      startIn(node, counting).stdout?.on('data', (part: Buffer) => {
        lines[node] += part.length;
      });
    }
    const goesOn = (node: 'one' | 'two') => {
      const before = lines[node];
      return until(() => lines[node] > before + 5, { what: `${node} goes on`, withinMs: 5000 });
    };
    await Promise.all([goesOn('one'), goesOn('two')]);
    await setFrozen(cgroupPath(LAB, 'one'), true);
    // What it had written before it was frozen arrives before what the other writes afterwards.
    await goesOn('two');
    const frozenAt = lines.one;
    await goesOn('two');
    t.equal(lines.one, frozenAt);
    await setFrozen(cgroupPath(LAB, 'one'), false);
    await goesOn('one');
  });

  t.test('to kill a group ends all of it, even what is frozen, and what starts later runs', async (t) => {
    const shell = startIn('one', 'sleep 60 & sleep 60 & wait');
    const other = startIn('two', 'exec sleep 60');
    await hasProcesses('one', 3);
    await hasProcesses('two', 1);
    await setFrozen(cgroupPath(LAB, 'one'), true);
    await killCgroup(cgroupPath(LAB, 'one'));
    t.same(processesOf(cgroupPath(LAB, 'one')), []);
    if (shell.signalCode === null) await once(shell, 'exit');
    t.equal(shell.signalCode, 'SIGKILL');
    t.same(processesOf(cgroupPath(LAB, 'two')), [other.pid], 'the other node runs on');
    const [code] = await once(startIn('one', 'exit 7'), 'exit');
    t.equal(code, 7);
  });

  t.test('to remove the groups of a lab ends all that is in them, and what comes in late', async (t) => {
    const first = startIn('one', 'exec sleep 60');
    startIn('two', 'exec sleep 60');
    await hasProcesses('one', 1);
    await hasProcesses('two', 1);
    const neighbour = `${LAB}-2`;
    makeCgroup(neighbour, 'one');
    // Goes in when the first one has been killed: as a program does that was being started.
    const waiting = 'while read -r _ _ state _ </proc/$2/stat && [ "$state" != Z ]; do :; done 2>/dev/null';
    const late = spawn('sh', [
      '-c',
      `${waiting}; echo $$ >"$1" && exec sleep 60`,
      'sh',
      procsOf('two'),
      String(first.pid),
    ]);
    await removeCgroups(LAB);
    t.notOk(existsSync(cgroupPath(LAB)));
    t.ok(existsSync(cgroupPath(neighbour, 'one')), 'a lab whose name only begins so stays');
    if (late.signalCode === null && late.exitCode === null) await once(late, 'exit');
    await removeCgroups(neighbour);
  });

  t.test('to remove them again, or twice at once, is fine', async (t) => {
    startIn('one', 'exec sleep 60');
    await hasProcesses('one', 1);
    await Promise.all([removeCgroups(LAB), removeCgroups(LAB)]);
    t.notOk(existsSync(cgroupPath(LAB)));
    await t.resolves(removeCgroups(LAB));
  });
});

const procsOf = (node: string): string => path.join(cgroupPath(LAB, node), 'cgroup.procs');
