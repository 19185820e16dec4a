import fc from 'fast-check';
import t from 'tap';
import { buildTable } from '../balance/maglev.ts';
import { defaultCheck } from '../config/schema.ts';
import type { Member, Pool } from './pools.ts';
import { openSelections } from './selections.ts';

const SERVERS = ['a', 'b', 'c', 'd'];
const addressOf = (server: string): string => `address of ${server}`;
const member = (pool: string, server: string, id: number): Member => ({
  id: id + 10,
  name: server,
  address: addressOf(server),
  weight: id + 1,
  draining: false,
  verdict: `${pool} on ${server}`,
});
const poolOf = (name: string, servers = SERVERS, checked = true): Pool => ({
  name,
  services: [],
  members: servers.map((server) => member(name, server, SERVERS.indexOf(server))),
  ...(checked && { check: defaultCheck }),
});
const everywhere = new Map(SERVERS.map((server) => [addressOf(server), { mac: 'x', seenMs: 0 }]));
const judgedAs = (healthy: boolean) => ({ healthy, contrary: 0 });
const AS_LONG_AS_IT_TAKES = Number.POSITIVE_INFINITY;

function opened(pools: Pool[]) {
  const verdicts = new Map(
    pools.flatMap(({ members }) => members.map(({ verdict }) => [verdict, judgedAs(true)] as const)),
  );
  const selections = openSelections();
  selections.use(pools);
  selections.located(everywhere);
  const judge = (verdict: string, healthy: boolean): void => {
    verdicts.set(verdict, judgedAs(healthy));
    selections.judged(verdict);
  };
  return { selections, verdicts, judge, work: (forMs = AS_LONG_AS_IT_TAKES) => selections.work(verdicts, forMs) };
}
const idsIn = (slots: Int32Array | undefined) => [...new Set(slots)].sort((a, b) => a - b);

t.test('what has changed is reported, and only that', async (t) => {
  const { selections, judge, work } = opened([poolOf('p'), poolOf('q'), poolOf('u', SERVERS, false)]);
  t.same([...work().keys()], ['p', 'q', 'u']);
  t.same(idsIn(selections.slotsOf('p')), [10, 11, 12, 13]);
  t.equal(selections.slotsOf('p'), selections.slotsOf('q'), 'made once for pools with the same servers');
  t.notOk(selections.isBusy());
  judge('p on b', false);
  t.ok(selections.isBusy());
  const changed = work();
  t.same([...changed.keys()], ['p', 'u'], 'a pool without a check goes by all checks');
  t.same(idsIn(changed.get('p')), [10, 12, 13]);
  t.same(selections.failing(), new Set([addressOf('b')]));
  t.same(selections.serving(), new Set(SERVERS.map(addressOf)), 'q still sends something there');
  judge('p on b', true);
  t.equal(work().get('p'), selections.slotsOf('q'), 'what was made before is at hand');
  t.same([...work()], []);
});

t.test('a server without a hardware address gets nothing', async (t) => {
  const { selections, work } = opened([poolOf('p'), poolOf('q', ['a', 'c'])]);
  work();
  selections.located(new Map([...everywhere].filter(([address]) => address !== addressOf('b'))));
  t.same(
    [...work()].map(([pool, slots]) => [pool, idsIn(slots)]),
    [['p', [10, 12, 13]]],
  );
  t.notOk(selections.serving().has(addressOf('b')));
});

t.test('a table is made in pieces: whoever asks for little time gets it in several turns, and the same', async (t) => {
  const { selections, work } = opened([poolOf('p')]);
  let turns = 0;
  while (selections.isBusy()) {
    work(0);
    turns++;
  }
  t.ok(turns > 3, `${turns} turns`);
  const expected = buildTable(poolOf('p').members).map((index) => index + 10);
  t.same(selections.slotsOf('p'), expected);
});

/** Verdicts and hardware addresses that change in any order, with work in small pieces between them. */
const changes = fc.array(
  fc.oneof(
    fc.record({ judge: fc.constantFrom('p', 'q'), server: fc.constantFrom(...SERVERS), healthy: fc.boolean() }),
    fc.record({ located: fc.subarray(SERVERS) }),
    fc.record({ turns: fc.nat({ max: 6 }) }),
  ),
  { maxLength: 12 },
);

t.test('whatever happens meanwhile, what comes out is what a look at everything at once would say', async (t) => {
  const same = fc.property(changes, (list) => {
    const pools = [poolOf('p'), poolOf('q', ['b', 'c', 'd']), poolOf('u', SERVERS, false)];
    const { selections, verdicts, judge, work } = opened(pools);
    let located = SERVERS;
    for (const change of list) {
      if ('judge' in change) judge(`${change.judge} on ${change.server}`, change.healthy);
      else if ('turns' in change) for (let turn = 0; turn < change.turns; turn++) work(0);
      else {
        ({ located } = change);
        selections.located(new Map(located.map((server) => [addressOf(server), { mac: 'x', seenMs: 0 }])));
      }
    }
    work();
    const passes = (pool: string, server: string) => verdicts.get(`${pool} on ${server}`)?.healthy !== false;
    const isMember = (pool: string, server: string) => pool !== 'q' || server !== 'a';
    const fails = (server: string) => ['p', 'q'].some((pool) => isMember(pool, server) && !passes(pool, server));
    return pools.every(({ name, check, members }) => {
      const those = members.filter(
        (each) => located.includes(each.name) && (check ? passes(name, each.name) : !fails(each.name)),
      );
      const expected = those.length > 0 ? those.map(({ id }) => id) : [-1];
      return JSON.stringify(idsIn(selections.slotsOf(name))) === JSON.stringify(expected);
    });
  });
  const outcome = fc.check(same, { numRuns: 200 });
  t.comment(`seed ${outcome.seed}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? 'the same');
});

t.test('services without a server, and those with half of theirs or less, are counted, pool by pool', async (t) => {
  const service = { name: 'x' } as Pool['services'][number];
  const one = { ...poolOf('one'), services: [service] };
  const two = { ...poolOf('two', ['a', 'b']), services: [service, service] };
  const { selections, judge, work } = opened([one, two]);
  work();
  t.same(selections.badlyServed(), { dead: 0, scarce: 0 });
  for (const server of ['a', 'b']) judge(`one on ${server}`, false);
  judge('two on a', false);
  work();
  t.same(selections.badlyServed(), { dead: 0, scarce: 3 });
  judge('two on b', false);
  judge('one on a', true);
  work();
  t.same(selections.badlyServed(), { dead: 2, scarce: 0 });
  const idle = poolOf('idle').members.map((each, i) =>
    i === 0 ? each : { ...each, draining: i === 1, weight: i > 1 ? 0 : 1 },
  );
  const draining = opened([{ ...one, members: idle }]);
  draining.work();
  t.same(draining.selections.badlyServed(), { dead: 0, scarce: 0 }, 'who drains, or has no weight, is not missed');
});
