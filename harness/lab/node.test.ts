import { spawnSync } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import t from 'tap';
import { makeLab, unmakeLab } from '../driver/netns.ts';
import { thisProcess } from '../driver/registry.ts';
import { loadPlan } from '../topology/load.ts';
import { Lab } from './lab.ts';

const skip = process.getuid?.() === 0 ? false : 'a lab needs root';
const STATE = {
  name: `node-test-${process.pid}`,
  system: 'nlb',
  driver: 'netns' as const,
  plan: loadPlan('invention', { servers: 1 }),
  madeAt: new Date().toISOString(),
  owner: thisProcess(),
};

/** Says where it is: the network, the niceness and the control group of a process, each on a line. */
const WHERE = ['sh', '-c', 'readlink /proc/self/ns/net; nice; grep ^0:: /proc/self/cgroup'];

if (!skip) t.before(() => makeLab(STATE));
if (!skip) t.after(() => unmakeLab(STATE));

t.test('what runs on a node is in its network and control group, and goes before nobody', { skip }, async (t) => {
  const lab = new Lab(STATE);
  const node = lab.node('server1');
  const own = getPriority();
  t.teardown(() => setPriority(own));

  const here = await node.run(WHERE);
  const [netns, nice, group] = here.stdout.split('\n');
  t.equal(netns, (await lab.node('server1').run(['readlink', '/proc/self/ns/net'])).stdout);
  t.not(netns, (await lab.node('nlb1').run(['readlink', '/proc/self/ns/net'])).stdout);
  t.equal(nice, '0');
  t.match(group, new RegExp(`/onevip-${STATE.name}/server1$`));

  setPriority(-5);
  t.equal((await node.run(WHERE)).stdout, here.stdout, 'though its maker goes before others');
  t.equal(getPriority(), -5, 'which it does still');
  const [besideNetns, besideNice, besideGroup] = (await node.runBeside(WHERE)).stdout.split('\n');
  t.equal(besideNetns, netns, 'what runs beside it is in its network');
  t.equal(besideNice, '-5');
  t.notMatch(besideGroup, STATE.name, 'and in nothing else of it');
});

t.test('the node’s variables are those of its commands, and not of what enters the node', { skip }, async (t) => {
  const node = new Lab(STATE).node('nlb1');
  Object.assign(node.home.env, { MARK: 'a "b" c' });
  t.equal((await node.run(['printenv', 'MARK'])).stdout, 'a "b" c');
  const { stdout } = node.home.handle.begin(['sh', '-c', 'echo $MARK'], (file, args) => spawnSync(file, args));
  t.equal(String(stdout), '\n');
});

t.test('a command that does not exist, and one that fails, are told apart from one that ran', { skip }, async (t) => {
  const node = new Lab(STATE).node('server1');
  t.equal((await node.run(['false'])).exitCode, 1);
  t.equal((await node.run(['cat'], 'said')).stdout, 'said');
  const missing = await node.run(['onevip-no-such-program']);
  t.equal(missing.exitCode, 127);
  t.match(missing.stderr, /onevip-no-such-program/);
  t.equal((await node.runBeside(['onevip-no-such-program'])).exitCode, undefined);
  const gone = new Lab({ ...STATE, name: 'onevip-no-such-lab' }).node('server1');
  await t.rejects(gone.run(['true']), /namespace ov-onevip-no-such-lab.server1 does not exist/);
});

t.test('what a test runner loads into the harness is not loaded into programs on a node', { skip }, async (t) => {
  const { NODE_OPTIONS: own } = process.env;
  t.teardown(() =>
    own === undefined ? delete process.env.NODE_OPTIONS : Object.assign(process.env, { NODE_OPTIONS: own }),
  );
  process.env.NODE_OPTIONS = '--import=data:text/javascript,console.log("loaded")';
  const { stdout } = await new Lab(STATE).node('server1').run(['node', '--print', 'process.execPath']);
  t.equal(stdout, process.execPath, 'it is the same Node as here, with nothing more');
});
