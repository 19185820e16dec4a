import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { loadPlan } from '../../topology/load.ts';
import { capabilitiesOf, holderOptions, nodeOptions, outermost } from './specification.ts';

const IMAGE = { name: 'image:1', isHosts: false };
const PLAN = loadPlan('invention', { servers: 1 });
const options = (name: string, image = IMAGE) => {
  const node = PLAN.nodes.find((each) => each.name === name);
  if (!node) throw new Error(`there is no ${name}`);
  return nodeOptions(image, 'demo', node);
};

t.test('a node has the capabilities that its work needs, and no other', async (t) => {
  const given = (name: string) => {
    const { HostConfig } = options(name);
    t.same(HostConfig?.CapDrop, ['ALL'], name);
    t.notOk(HostConfig?.Privileged, name);
    return HostConfig?.CapAdd;
  };
  t.same(given('server1'), ['NET_ADMIN', 'NET_RAW', 'NET_BIND_SERVICE']);
  t.same(given('fw1'), ['NET_ADMIN', 'NET_RAW', 'SYS_NICE']);
  t.same(given('nlb1'), ['NET_ADMIN', 'NET_RAW', 'SYS_NICE', 'IPC_LOCK'], 'of those that every engine knows');
  t.same(capabilitiesOf('nlb').slice(-2), ['BPF', 'PERFMON'], 'the others its programs bring');
  t.notOk(capabilitiesOf('nlb').includes('SYS_ADMIN'));
});

t.test('a node joins the network that another container holds, which has none of the engine’s', async (t) => {
  const node = PLAN.nodes[0];
  if (!node) throw new Error('the plan has no node');
  const holder = holderOptions(IMAGE, 'demo', node, 'ov-demo.one');
  t.same(holder.Cmd?.slice(0, 2), ['nsenter', '--net=/run/netns/ov-demo.one']);
  t.ok(holder.Cmd?.includes('--bounding-set=-all'), 'where it then is allowed nothing');
  t.equal(options(node.name).HostConfig?.NetworkMode, `container:${holder.name}`);
  const { 'onevip.part': part, ...others } = holder.Labels ?? {};
  t.equal(part, 'network');
  t.match(options(node.name).Labels, { ...others, 'onevip.part': 'node' }, 'and both are found by the same labels');
  t.match(holder.Labels, { 'onevip.lab': 'demo', 'onevip.node': node.name });
});

t.test('what Node has compiled is kept from one node to the next', async (t) => {
  const cache = path.join(t.testdir(), 'cache');
  const before = process.env.NODE_COMPILE_CACHE;
  t.teardown(() => Object.assign(process.env, { NODE_COMPILE_CACHE: before ?? '' }));
  process.env.NODE_COMPILE_CACHE = cache;
  t.ok(options('nlb1').HostConfig?.Binds?.includes(`${cache}:${cache}`));
  t.ok(existsSync(cache), 'its folder is there to be mounted');
  process.env.NODE_COMPILE_CACHE = '';
  t.notOk(options('nlb1').HostConfig?.Binds?.some((bind) => bind.includes(cache)));
});

t.test('this machine’s programs are mounted where the image has none, and only for reading', async (t) => {
  const before = process.env.NODE_COMPILE_CACHE;
  t.teardown(() => Object.assign(process.env, { NODE_COMPILE_CACHE: before ?? '' }));
  process.env.NODE_COMPILE_CACHE = '';
  const binds = (isHosts: boolean) => options('nlb1', { ...IMAGE, isHosts }).HostConfig?.Binds ?? [];
  t.ok(binds(true).includes('/usr:/usr:ro'));
  t.notOk(binds(false).includes('/usr:/usr:ro'));
  const writable = binds(true).filter((bind) => !bind.endsWith(':ro'));
  t.equal(writable.length, 1);
  t.match(writable[0], /\/demo:.*\/demo$/, 'the lab’s own folder');
});

t.test('only its network’s settings can be changed from within', async (t) => {
  const paths = (options('fw1').HostConfig as { ReadonlyPaths?: string[] }).ReadonlyPaths ?? [];
  t.ok(paths.includes('/proc/sys/kernel') && paths.includes('/proc/sysrq-trigger'));
  t.notOk(paths.some((file) => '/proc/sys/net'.startsWith(file)));
});

t.test('a folder within another one is not mounted by itself', async (t) => {
  t.same(outermost(['/a', '/a/b', '/ab', '/a']), ['/a', '/ab']);
});
