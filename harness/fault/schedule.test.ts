import t from 'tap';
import { randomFrom } from './random.ts';
import { type PlannedFault, planSchedule } from './schedule.ts';

const FIELD = { balancers: ['nlb1', 'nlb2'], takeOrders: true, lans: ['access', 'server'], firewall: 'fw1' };
const LENGTH_MS = 8000;
const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);
const plan = (seed: number): PlannedFault[] => planSchedule(randomFrom(seed), FIELD, LENGTH_MS);

t.test('the same seed gives the same schedule, another one another', async (t) => {
  t.same(plan(7), plan(7));
  t.notSame(plan(7), plan(8));
});

t.test('every schedule keeps to its time, in order, and strikes a place with one fault at a time', async (t) => {
  for (const seed of SEEDS) {
    const faults = plan(seed);
    const why = `seed ${seed}`;
    t.ok(faults.length > 3, why);
    t.ok(
      faults.every(({ fromMs, untilMs }) => fromMs >= 50 && untilMs >= fromMs && untilMs <= LENGTH_MS),
      why,
    );
    t.same(
      faults,
      faults.toSorted((one, other) => one.fromMs - other.fromMs),
      why,
    );
    for (const lane of Map.groupBy(faults, ({ where }) => where).values()) {
      t.ok(
        lane.slice(1).every(({ fromMs }, index) => fromMs >= (lane[index]?.untilMs ?? 0) + 50),
        why,
      );
    }
  }
});

t.test('every fault happens, where it can, and faults come together', async (t) => {
  const all = SEEDS.flatMap(plan);
  const places = (what: string) => [...new Set(all.filter((one) => one.what === what).map(({ where }) => where))];
  for (const what of ['kill -9', 'stop', 'freeze', 'cut access', 'cut server', 'stand by', 'take over']) {
    t.same(places(what).toSorted(), ['nlb1', 'nlb2'], what);
  }
  t.same(places('silence').toSorted(), ['access', 'server']);
  t.same(places('firewall power loss'), ['fw1']);
  const both = SEEDS.filter((seed) => {
    const [one, two] = FIELD.lans.map((lan) => plan(seed).filter(({ where }) => where === lan));
    return one?.some((a) => two?.some((b) => a.fromMs < b.untilMs && b.fromMs < a.untilMs));
  });
  t.ok(both.length > SEEDS.length / 3, 'both paths are silent at once in many schedules');
});

t.test('who takes no orders is given none', async (t) => {
  const without = SEEDS.flatMap((seed) => planSchedule(randomFrom(seed), { ...FIELD, takeOrders: false }, LENGTH_MS));
  const orders = ['stand by', 'take over'];
  t.ok(SEEDS.flatMap(plan).some(({ what }) => orders.includes(what)));
  t.notOk(without.some(({ what }) => orders.includes(what)));
  t.ok(without.some(({ what }) => what === 'kill -9'));
});

t.test('in a time that nothing fits into, nothing happens', async (t) => {
  t.same(planSchedule(randomFrom(1), FIELD, 40), []);
});
