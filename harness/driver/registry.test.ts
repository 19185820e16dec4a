import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { until } from '../clock/until.ts';
import { loadPlan } from '../topology/load.ts';
import type { LabState } from './registry.ts';

const STATE = mkdtempSync(path.join(tmpdir(), 'onevip-registry-'));
process.env.ONEVIP_STATE = path.join(STATE, 'labs');
// It reads the variable when it is loaded.
const { find, forget, isAlive, labFolder, list, NameTaken, register, save, thisProcess } = await import(
  './registry.ts'
);

t.teardown(() => rmSync(STATE, { recursive: true, force: true }));

const state = (name: string): LabState => ({
  name,
  system: 'nlb',
  driver: 'netns',
  plan: loadPlan('invention', { servers: 1 }),
  madeAt: '2026-11-23T00:00:00.000Z',
  owner: thisProcess(),
});

t.test('where there never was a lab, there is none', async (t) => {
  t.same(list(), { labs: [], broken: [] });
  t.equal(find('a'), undefined);
});

t.test('what was registered is found again, whole, and is gone once forgotten', async (t) => {
  register(state('b'));
  register(state('a'));
  t.same(find('a'), state('a'));
  t.same(list(), { labs: [state('a'), state('b')], broken: [] });
  forget('a');
  forget('a');
  t.equal(find('a'), undefined);
  t.same(list().labs, [state('b')]);
  forget('b');
});

t.test('a name is taken once; the lab that has it is not touched, and the message says what to do', async (t) => {
  register(state('taken'));
  t.teardown(() => forget('taken'));
  const again = () => register({ ...state('taken'), system: 'another' });
  t.throws(again, NameTaken);
  t.throws(again, { message: /a lab named taken exists: .*onevip down taken/ });
  t.equal(find('taken')?.system, 'nlb');
});

t.test('a state is replaced whole, and nothing else stays in the folder', async (t) => {
  register(state('c'));
  t.teardown(() => forget('c'));
  const { owner: _, ...handedOver } = state('c');
  save(handedOver);
  t.same(find('c'), handedOver);
  t.same(readdirSync(labFolder('c')), ['lab.json']);
});

t.test('a folder whose maker was killed before it wrote a state is told apart', async (t) => {
  mkdirSync(labFolder('half'));
  writeFileSync(path.join(labFolder('half'), 'lab.json.new'), '{"name":');
  t.teardown(() => forget('half'));
  t.same(list(), { labs: [], broken: ['half'] });
});

t.test('an owner is alive while it runs, and a later process with its id is not the owner', async (t) => {
  t.ok(isAlive(thisProcess()));
  t.notOk(isAlive({ ...thisProcess(), startedTicks: '1' }));
  t.notOk(isAlive({ pid: 2 ** 22 + 1, startedTicks: '1' }));
});

t.test('a process that has ended is not alive, though nobody has waited for it yet', async (t) => {
  // The shell's child ends, and what the shell has become never waits for it.
  const shell = spawn('sh', ['-c', "sh -c 'read -r line' <&3 & echo $!; exec sleep 60"], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  });
  t.teardown(() => void shell.kill('SIGKILL'));
  const [printed] = (await once(shell.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const pid = Number(String(printed).trim());
  const fields = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const owner = { pid, startedTicks: fields()[19] ?? '' };
  t.ok(isAlive(owner));
  (shell.stdio[3] as NodeJS.WritableStream).end('\n');
  await until(() => fields()[0] === 'Z', { what: 'the process is a zombie', withinMs: 5000 });
  t.notOk(isAlive(owner));
});
