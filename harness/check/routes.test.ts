import t from 'tap';
import type { CensusTaken } from '../history/event.ts';
import { verdictOn } from './claim.ts';
import { routesAre } from './routes.ts';

const census = (...routes: CensusTaken['routes']): CensusTaken => ({ kind: 'census', atNs: 1, addresses: [], routes });
const wanted = routesAre([{ node: 'fw1', to: '203.0.113.10', via: '10.77.1.100' }]);
const right = { node: 'fw1', to: '203.0.113.10', via: '10.77.1.100', device: 'access' };

t.test('the one route through the right next hop passes', async (t) => {
  t.equal(verdictOn(wanted, [census(right, { node: 'fw2', to: '203.0.113.10', via: '10.77.1.1' })]).verdict, 'pass');
});

t.test('another next hop, no route, or a second one fails', async (t) => {
  const other = { ...right, via: '10.77.1.11' };
  for (const routes of [[other], [], [right, other]]) t.equal(verdictOn(wanted, [census(...routes)]).verdict, 'fail');
  t.equal(verdictOn(wanted, [census(right), census(other)]).verdict, 'fail', 'one bad census is enough');
});

t.test('without a census, or without a question, nothing is known', async (t) => {
  t.equal(verdictOn(wanted, []).verdict, 'unknown');
  t.equal(verdictOn(routesAre([]), [census(right)]).verdict, 'unknown');
});
