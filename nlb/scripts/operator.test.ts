import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Occasion, openScripts, type ScriptEnd } from './operator.ts';

/** An executable shell script in the test's own folder. */
function script(folder: string, name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const to = (state: Occasion['state'], previous: Occasion['state'], reason = 'because'): Occasion => ({
  state,
  previous,
  reason,
  atMs: 7_205_250.5,
});

t.test('scripts run one at a time, in the order of the states, and know why', async (t) => {
  const folder = t.testdir();
  const journal = join(folder, 'journal');
  const path = script(
    folder,
    'hook',
    `echo "begin $NLB_STATE" >> ${journal}; sleep 0.05; echo "$NLB_PREVIOUS $NLB_STATE $NLB_REASON, since $NLB_SINCE" >> ${journal}`,
  );
  const ends: ScriptEnd[] = [];
  const runner = openScripts({ standby: path, active: path, timeLimitMs: 5000 }, (end) => ends.push(end));
  runner.entered(to('standby', 'initial', 'nlb2 leads'));
  runner.entered(to('active', 'standby', 'nlb2 silent'));
  runner.entered(to('inop', 'active', 'no script for this one'));
  await runner.idle();
  t.same(readFileSync(journal, 'utf8').trim().split('\n'), [
    'begin standby',
    'initial standby nlb2 leads, since 7205.250500',
    'begin active',
    'standby active nlb2 silent, since 7205.250500',
  ]);
  t.match(ends, [
    { state: 'standby', status: 0 },
    { state: 'active', status: 0 },
  ]);
});

t.test('a script that hangs is ended at its time limit, with all that it started, and the next one runs', async (t) => {
  const folder = t.testdir();
  const ends: ScriptEnd[] = [];
  const scripts = {
    standby: script(folder, 'hang', `echo before; sleep 60 & echo $! > ${folder}/pid; sleep 60`),
    active: script(folder, 'fail', 'echo out; echo err >&2; exit 3'),
    inop: join(folder, 'absent'),
    initial: join(folder, 'not-executable'),
    timeLimitMs: 100,
  };
  writeFileSync(scripts.initial, '#!/bin/sh\n', { mode: 0o644 });
  const runner = openScripts(scripts, (end) => ends.push(end));
  for (const state of ['standby', 'active', 'inop', 'initial'] as const) runner.entered(to(state, 'initial'));
  await runner.idle();
  t.match(ends, [
    { state: 'standby', why: 'killed after 100 ms', output: 'before\n' },
    { state: 'active', status: 3, output: /out\nerr/ },
    { state: 'inop', why: /ENOENT/ },
    { state: 'initial', why: /EACCES/ },
  ]);
  t.equal(ends[0]?.status, undefined);
  const started = readFileSync(join(folder, 'pid'), 'utf8').trim();
  // A process that nobody has reaped yet is a zombie, state Z.
  const left = existsSync(`/proc/${started}/stat`) && !readFileSync(`/proc/${started}/stat`, 'utf8').includes(') Z ');
  t.notOk(left, 'what it started in the background has ended as well');
});

t.test('a state that has long been left still has its script run, once and in its turn', async (t) => {
  const folder = t.testdir();
  const slow = script(folder, 'slow', `sleep 0.2; echo "$NLB_STATE" >> ${folder}/journal`);
  const quick = script(folder, 'quick', `echo "$NLB_STATE" >> ${folder}/journal`);
  const runner = openScripts({ active: slow, standby: quick, timeLimitMs: 5000 }, () => undefined);
  const askedMs = performance.now();
  for (const [state, previous] of [
    ['active', 'standby'],
    ['standby', 'active'],
    ['active', 'standby'],
  ] as const)
    runner.entered(to(state, previous));
  t.ok(performance.now() - askedMs < 100, 'who enters a state waits for nothing');
  await runner.idle();
  t.same(readFileSync(join(folder, 'journal'), 'utf8').trim().split('\n'), ['active', 'standby', 'active']);
});

t.test('a script that cannot even be tried is reported, and the next one runs', async (t) => {
  const folder = t.testdir();
  const ends: ScriptEnd[] = [];
  const runner = openScripts({ active: script(folder, 'hook', 'exit 0'), timeLimitMs: 5000 }, (end) => ends.push(end));
  runner.entered(to('active', 'standby', 'no variable of the environment may hold \0'));
  runner.entered(to('active', 'standby'));
  await runner.idle();
  t.match(ends, [{ why: /^not run: .*null bytes/ }, { status: 0 }]);
});

t.test('what a script prints is kept in part, whole letters at a time', async (t) => {
  const folder = t.testdir();
  const ends: ScriptEnd[] = [];
  const flood = script(folder, 'flood', 'printf "\\303"; sleep 0.05; printf "\\251"; yes é | head -c 100000');
  const runner = openScripts({ active: flood, timeLimitMs: 5000 }, (end) => ends.push(end));
  runner.entered(to('active', 'standby'));
  await runner.idle();
  t.match(ends, [{ status: 0, output: /^éé\né\n/ }]);
  t.equal(ends[0]?.output.length, 4096);
});

t.test('so many scripts may wait and no more; each beyond is reported at once', async (t) => {
  const folder = t.testdir();
  const ends: ScriptEnd[] = [];
  const hang = script(folder, 'hang', 'sleep 60');
  const runner = openScripts({ active: hang, standby: join(folder, 'absent'), timeLimitMs: 50 }, (end) =>
    ends.push(end),
  );
  runner.entered(to('active', 'standby'));
  for (let i = 0; i < 256; i++) runner.entered(to('standby', 'active'));
  t.match(ends, [{ state: 'standby', why: 'not run: 256 scripts wait already' }]);
  await runner.idle();
  t.equal(ends.length, 257, 'the others had their turn');
});

t.test(
  'a script that cannot be run because no more files can be opened is reported, and the next one runs',
  async (t) => {
    const folder = t.testdir();
    const ends: ScriptEnd[] = [];
    const runner = openScripts({ standby: script(folder, 'hook', 'exit 0'), timeLimitMs: 5000 }, (end) =>
      ends.push(end),
    );
    const before = execFileSync('prlimit', ['--nofile', '--raw', '--noheadings', '-o', 'SOFT'], {
      encoding: 'utf8',
    }).trim();
    // Whoever is starved can start nothing that would lift the limit, so that is started before, and waits for its input.
    const limit = (files: string) => `prlimit --pid ${process.pid} --nofile=${files}:`;
    const cure = spawn('sh', ['-c', `${limit('3')} && echo starved && read _ && ${limit(before)} && echo cured`]);
    await once(cure.stdout, 'data');
    runner.entered(to('standby', 'initial'));
    await runner.idle();
    cure.stdin.end('\n');
    await once(cure.stdout, 'data');
    runner.entered(to('standby', 'initial'));
    await runner.idle();
    t.match(ends, [{ why: /EMFILE/ }, { status: 0 }]);
  },
);
