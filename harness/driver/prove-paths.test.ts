import t from 'tap';
import { loadPlan } from '../topology/load.ts';
import { pathsOf } from './prove-paths.ts';

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
