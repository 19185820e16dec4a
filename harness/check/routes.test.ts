import t from 'tap';
import type { CensusTaken } from '../history/event.ts';
import { OVER, shown, told } from './literal-history.ts';
import { routesAre } from './routes.ts';

const census = (...routes: CensusTaken['routes']): CensusTaken => ({
  kind: 'census',
  atNs: 1e6,
  addresses: [],
  routes,
});
const wanted = routesAre([{ node: 'fw1', to: '203.0.113.10', via: '10.77.1.100' }]);
const right = { node: 'fw1', to: '203.0.113.10', via: '10.77.1.100', device: 'access' };

t.test('the one route through the right next hop passes', async (t) => {
  const others = [
    { node: 'fw2', to: '203.0.113.10', via: '10.77.1.1' },
    { node: 'fw1', to: 'default', via: '10.77.1.1' },
  ];
  t.equal(told(wanted, census(right, ...others), OVER), 'pass: fw1 to 203.0.113.10 via 10.77.1.100');
  const both = routesAre([
    { node: 'fw1', to: '203.0.113.10', via: '10.77.1.100' },
    { node: 'fw1', to: 'default', via: '10.77.1.1' },
  ]);
  t.equal(
    told(both, census(right, ...others)),
    'pass: fw1 to 203.0.113.10 via 10.77.1.100; fw1 to default via 10.77.1.1',
  );
  t.match(told(both, census(right)), /^fail: fw1 must have one route to default/);
  t.same(shown(wanted, census(right), { ...census(right), atNs: 2e6 }), ['census 1']);
});

t.test('another next hop, no route, or a second one fails', async (t) => {
  const other = { ...right, via: '10.77.1.11' };
  const { via: _, ...local } = right;
  const must = 'fail: fw1 must have one route to 203.0.113.10, via 10.77.1.100; it has';
  t.equal(told(wanted, census(other)), `${must} 10.77.1.11`);
  t.equal(told(wanted, census()), `${must} none`);
  t.equal(told(wanted, census(right, other)), `${must} 10.77.1.100, 10.77.1.11`);
  t.equal(told(wanted, census(local)), `${must} no next hop`);
  t.match(told(wanted, census(right), census(other)), /^fail/, 'one bad census is enough');
});

t.test('without a census, or without a question, nothing is known', async (t) => {
  t.equal(told(wanted, OVER), 'unknown: no census was taken');
  t.equal(told(routesAre([]), census(right)), 'unknown: no route was asked for');
});
