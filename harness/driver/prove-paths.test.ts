import { execFileSync } from 'node:child_process';
import t from 'tap';
import { loadPlan } from '../topology/load.ts';
import { labNames } from './names.ts';
import { makeLab, unmakeLab } from './netns.ts';
import { pathsOf, provePaths } from './prove-paths.ts';
import { thisProcess } from './registry.ts';

t.test('every leg of every segment but the first is reached from there', async (t) => {
  for (const topology of ['invention', 'invention-flat', 'prior-art']) {
    const plan = loadPlan(topology);
    const paths = pathsOf(plan);
    for (const { name } of plan.segments) {
      const legs = plan.nodes.flatMap((node) => node.legs.filter(({ segment }) => segment === name));
      const reached = paths.filter(({ segment }) => segment === name);
      t.equal(reached.length, legs.length - 1, `${name} of ${topology}`);
      t.same(
        reached.map(({ to }) => to.address),
        legs.slice(1).map(({ address }) => address.split('/')[0]),
      );
    }
  }
});

const skip = process.getuid?.() === 0 ? false : 'a lab needs root';

t.test(
  'a wire that carries less than a full frame is noticed, and named; nobody remembers a proof',
  { skip },
  async (t) => {
    const plan = loadPlan('invention', { servers: 1 });
    const name = `paths-${process.pid}`;
    const names = labNames(name, plan);
    const state = { name, system: 'nlb', driver: 'netns' as const, plan, madeAt: '', owner: thisProcess() };
    await makeLab(state);
    t.teardown(() => unmakeLab(state));
    await provePaths(name, plan, names);
    const ip = (netns: string, ...words: string[]) => String(execFileSync('ip', ['-n', netns, ...words]));
    for (const node of plan.nodes) t.equal(ip(names.node(node.name), 'neigh'), '', node.name);

    const server = plan.nodes.find(({ kind }) => kind === 'server');
    const port = server?.legs[0]?.port ?? '';
    ip(names.lan('server'), 'link', 'set', port, 'mtu', '1400');
    await t.rejects(provePaths(name, plan, names, 300), {
      message: new RegExp(
        `waited 300 ms in vain for: a datagram of full size comes back on server from ${server?.name} `,
      ),
    });
    ip(names.lan('server'), 'link', 'set', port, 'mtu', '1500');
    await t.resolves(provePaths(name, plan, names));
  },
);
