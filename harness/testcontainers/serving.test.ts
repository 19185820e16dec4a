import t from 'tap';
import { Lab } from '../lab/lab.ts';
import { loadPlan } from '../topology/load.ts';
import { awaitServing, goAgainTo, goExactlyTo, goNoLongerTo } from './serving.ts';

const plan = loadPlan('invention');

/** A lab whose load balancers say this, the first time and from then on. */
function labSaying(said: Record<string, (Record<string, string[]> | undefined)[]>): Lab {
  const lab = new Lab({ name: 'serving', system: 'nlb', driver: 'docker', plan, madeAt: '2026-11-27T00:00:00.000Z' });
  const serving = async ({ name }: { name: string }) => {
    const answers = said[name] ?? [];
    return answers.length > 1 ? answers.shift() : answers[0];
  };
  return Object.assign(lab, { use: () => serving });
}

t.test('it is so once it is so of every service on both', async (t) => {
  const [one, both] = [['server1'], ['server2', 'server1']];
  const said = {
    nlb1: [
      { http: one, echo: both },
      { http: both, echo: both },
    ],
    nlb2: [undefined, { http: both }],
  };
  await awaitServing(labSaying(said), goExactlyTo(['server1', 'server2']), 1000);
  t.same([said.nlb1.length, said.nlb2.length], [1, 1], 'and not before');
});

t.test('what is waited for holds, or holds not, of whom connections go to', async (t) => {
  t.ok(goExactlyTo([]).holds([]));
  t.notOk(goExactlyTo(['a']).holds(['a', 'b']));
  t.ok(goNoLongerTo('a').holds(['b']));
  t.notOk(goNoLongerTo('a').holds(['a', 'b']));
  t.ok(goAgainTo('a').holds(['a', 'b']));
  t.notOk(goAgainTo('a').holds(['b']));
});

t.test('in vain, it is said what is so instead', async (t) => {
  const lab = labSaying({ nlb1: [{ http: ['server1'], echo: [] }], nlb2: [undefined] });
  await t.rejects(awaitServing(lab, goNoLongerTo('server1'), 30), {
    message:
      'waited 30 ms in vain for: no new connections go to server1; nlb1 sends http to server1 and echo to nobody; nlb2 does not answer',
  });
});
