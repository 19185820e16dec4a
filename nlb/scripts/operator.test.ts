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
});

t.test('scripts run one at a time, in the order of the states, and know why', async (t) => {
  const folder = t.testdir();
  const journal = join(folder, 'journal');
  const path = script(
    folder,
    'hook',
    `echo "begin $NLB_STATE" >> ${journal}; sleep 0.05; echo "$NLB_PREVIOUS $NLB_STATE $NLB_REASON" >> ${journal}`,
  );
  const ends: ScriptEnd[] = [];
  const runner = openScripts({ standby: path, active: path, timeLimitMs: 5000 }, (end) => ends.push(end));
  runner.entered(to('standby', 'initial', 'nlb2 leads'));
  runner.entered(to('active', 'standby', 'nlb2 silent'));
  runner.entered(to('inop', 'active', 'no script for this one'));
  await runner.idle();
  t.same(readFileSync(journal, 'utf8').trim().split('\n'), [
    'begin standby',
    'initial standby nlb2 leads',
    'begin active',
    'standby active nlb2 silent',
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
    timeLimitMs: 100,
  };
  const runner = openScripts(scripts, (end) => ends.push(end));
  for (const state of ['standby', 'active', 'inop'] as const) runner.entered(to(state, 'initial'));
  await runner.idle();
  t.match(ends, [
    { state: 'standby', why: 'killed after 100 ms', output: 'before\n' },
    { state: 'active', status: 3, output: /out\nerr/ },
    { state: 'inop', why: /ENOENT/ },
  ]);
  t.equal(ends[0]?.status, undefined);
  const started = readFileSync(join(folder, 'pid'), 'utf8').trim();
  // A process that nobody has reaped yet is a zombie, state Z.
  const left = existsSync(`/proc/${started}/stat`) && !readFileSync(`/proc/${started}/stat`, 'utf8').includes(') Z ');
  t.notOk(left, 'what it started in the background has ended as well');
});
