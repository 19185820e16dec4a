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
  const table: [string, Record<string, string[]> | undefined][] = [
    ['another service is behind', { http: both, echo: one }],
    ['the first one is', { http: one, echo: both }],
    ['there is no answer', undefined],
  ];
  for (const [why, first] of table)
    for (const [node, other] of ['nlb1 nlb2', 'nlb2 nlb1'].map((pair) => pair.split(' '))) {
      const answers = [first, { http: both, echo: both }, { http: both, echo: both }];
      const said = { [node ?? '']: answers, [other ?? '']: [{ http: both, echo: both }] };
      await awaitServing(labSaying(said), goExactlyTo(['server1', 'server2']), 1000);
      t.equal(answers.length, 1, `${why} on ${node}: not by the first answer, but by the second`);
    }
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
  // On a busy machine it is said as well that this program was held up.
  await t.rejects(awaitServing(lab, goNoLongerTo('server1'), 30), {
    message:
      /^waited 30 ms in vain for: no new connections go to server1;.* nlb1 sends http to server1 and echo to nobody; nlb2 does not answer$/,
  });
});
