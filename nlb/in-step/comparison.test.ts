import t from 'tap';
import { type ConnectionNumbers, noNumbers } from '../datapath/tables/connection-numbers.ts';
import { type FlowAt, MOST_COMPARED } from '../sync/records.ts';
import { openComparison } from './comparison.ts';

/** So many connections, told apart by their source ports, in walks of several steps. */
function open(count: number, { ended = new Set<string>(), uncounted = new Set<number>() } = {}) {
  const sent: { number: number; flows: readonly FlowAt[] }[] = [];
  const clock = { nowMs: 0 };
  let seed = 7;
  const comparison = openComparison({
    *walk(isWanted = () => true) {
      const numbers: ConnectionNumbers = noNumbers();
      for (let port = 0; port < count; port++) {
        numbers.sourcePort = port;
        isWanted(numbers);
        if (port % 100 === 99) yield [];
      }
    },
    hasEntry: () => true,
    named: ({ sourcePort }) => (uncounted.has(sourcePort) ? undefined : { flow: `${sourcePort}`, server: 'one' }),
    isLive: (flow) => !ended.has(flow),
    send: (number, flows) => sent.push({ number, flows }),
    nowMs: () => clock.nowMs,
    random: () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    },
  });
  const session = { reign: 1, attachment: 1 };
  return {
    comparison,
    sent,
    clock,
    /** @param differs by the name of the flow */
    answer: (differs: (flow: string) => boolean = () => false) => {
      for (const { number, flows } of sent.splice(0)) {
        const different = flows.flatMap(({ flow }, place) => (differs(flow) ? [place] : []));
        comparison.heard({ type: 'compared', session, number, different });
      }
    },
    /** Until it is over, or that time. */
    run: (ms: number, each: () => void = () => {}) => {
      for (const endMs = clock.nowMs + ms; clock.nowMs < endMs && comparison.isUnderWay(); clock.nowMs++) {
        comparison.tick();
        each();
      }
    },
  };
}

t.test('a few connections are all compared, as many at a time as fit into a datagram', async (t) => {
  const { comparison, sent, run, answer } = open(150, { uncounted: new Set([3]) });
  t.notOk(comparison.isUnderWay());
  t.equal(comparison.last(), undefined);
  comparison.begin();
  const sizes: number[] = [];
  run(1000, () => {
    sizes.push(...sent.map(({ flows }) => flows.length));
    answer();
  });
  t.same(sizes, [MOST_COMPARED, MOST_COMPARED, 29]);
  t.same(comparison.last(), { atMs: 0, same: 149, different: [], unanswered: 0 });
});

t.test('of many a sample, in which each is as probable as any other', async (t) => {
  const times = new Uint32Array(4000);
  for (let round = 0; round < 20; round++) {
    const { comparison, sent, run, answer } = open(4000);
    comparison.begin();
    run(1000, () => {
      for (const { flows } of sent)
        for (const { flow } of flows) times[Number(flow)] = (times[Number(flow)] ?? 0) + round + 1;
      answer();
    });
    t.equal(comparison.last()?.same, 960);
  }
  const early = times.subarray(0, 2000).reduce((sum, each) => sum + each, 0);
  const late = times.subarray(2000).reduce((sum, each) => sum + each, 0);
  t.ok(early / late > 0.9 && early / late < 1.1, `${early} : ${late}`);
});

t.test('what differs counts once it has been asked several times, unless the connection has ended', async (t) => {
  const ended = new Set<string>();
  const { comparison, run, answer } = open(50, { ended });
  comparison.begin();
  let rounds = 0;
  run(5000, () => {
    rounds++;
    if (rounds === 3) ended.add('7');
    answer((flow) => flow === '7' || flow === '9');
  });
  t.same(comparison.last(), { atMs: 0, same: 48, different: ['9'], unanswered: 0 });
});

t.test('a difference that passes is none', async (t) => {
  const { comparison, run, answer } = open(50);
  let asked = 0;
  comparison.begin();
  run(5000, () => answer((flow) => flow === '9' && asked++ === 0));
  t.match(comparison.last(), { same: 50, different: [], unanswered: 0 });
});

t.test('a question that is lost is asked again, and in the end given up', async (t) => {
  const { comparison, sent, run, answer, clock } = open(50);
  comparison.begin();
  run(150);
  t.equal(sent.length, 2);
  answer();
  run(150);
  t.match(comparison.last(), { same: 50, unanswered: 0 });
  comparison.begin();
  run(10_000);
  t.match(comparison.last(), { same: 0, unanswered: 50, different: [] });
  t.ok(clock.nowMs < 1500, `${clock.nowMs} ms`);
});

t.test('what is answered after the end, or of another lead, is not looked at', async (t) => {
  const { comparison, sent, run, answer } = open(50);
  comparison.begin();
  run(10);
  comparison.forget();
  answer(() => true);
  t.equal(comparison.last(), undefined);
  t.notOk(comparison.isUnderWay());
  t.same(sent, []);
});

t.test('who asks while a comparison is under way gets the connections of that moment', async (t) => {
  const { comparison, run, answer } = open(50);
  comparison.begin();
  run(10);
  comparison.begin();
  answer(() => true);
  run(1000, answer);
  t.same(comparison.last(), { atMs: 10, same: 50, different: [], unanswered: 0 });
});
