import fc from 'fast-check';
import t from 'tap';
import { flowsMatchWeights, flowsSentByWeights, weightsMatch } from './balance.ts';
import { chiSquareTail, chiSquareTest, exactTest, goodnessOfFit } from './goodness-of-fit.ts';
import { OVER, probe, shown, told, udp, watched } from './literal-history.ts';

const near = (found: number, wanted: number, error: number) => Math.abs(found - wanted) <= error;

t.test('chi-square agrees with the published tables', async (t) => {
  // NIST/SEMATECH e-Handbook, table of critical values of chi-square: statistic, degrees of freedom, probability.
  const table: [number, number, number][] = [
    [2.706, 1, 0.1],
    [3.841, 1, 0.05],
    [10.828, 1, 0.001],
    [5.991, 2, 0.05],
    [11.345, 3, 0.01],
    [18.307, 10, 0.05],
    [29.588, 10, 0.001],
    [124.342, 100, 0.05],
    [149.449, 100, 0.001],
  ];
  for (const [statistic, degrees, tail] of table) {
    t.ok(near(chiSquareTail(statistic, degrees), tail, tail * 2e-3), `${statistic}, ${degrees} degrees`);
  }
  t.equal(chiSquareTail(0, 3), 1);
  t.ok(near(chiSquareTail(700, 2), Math.exp(-350), 1e-160), 'far out');
  // For even degrees the tail is a sum of Poisson's law: DLMF 8.4.10.
  for (const x of [0.01, 1, 3.9, 4, 4.1, 6, 8, 20, 60, 200]) {
    const [half, least] = [x / 2, Math.exp(-x / 2)];
    for (const [degrees, sum] of [
      [2, 1],
      [4, 1 + half],
      [6, 1 + half + half ** 2 / 2],
    ] as const) {
      t.ok(near(chiSquareTail(x, degrees) / (least * sum), 1, 1e-12), `${x}, ${degrees} degrees`);
    }
  }
  t.equal(chiSquareTail(-1, 3), 1);
  t.ok(near(chiSquareTest([60, 40], [0.5, 0.5]), chiSquareTail(4, 1), 1e-15), 'of (10² + 10²) / 50, one degree');
});

t.test("Mendel's peas fit 9:3:3:1 as well as the literature says", async (t) => {
  // Mendel 1866; chi-square 0.470, p = 0.925 (Fisher 1936).
  const shares = [9, 3, 3, 1].map((part) => part / 16);
  t.ok(near(chiSquareTest([315, 108, 101, 32], shares), 0.9254, 5e-4));
});

t.test('the exact test gives known values', async (t) => {
  // The example of R's package EMT: multinomial.test(c(5, 2, 1), c(0.25, 0.5, 0.25)) gives 0.0767.
  t.ok(near(exactTest([5, 2, 1], [0.25, 0.5, 0.25]), 0.0767, 5e-5));
  // Two-sided binomial tests by hand: 0 or 10 heads of 10; 8 of 10 and beyond.
  t.ok(near(exactTest([10, 0], [0.5, 0.5]), 2 / 1024, 1e-12));
  t.ok(near(exactTest([8, 2], [0.5, 0.5]), (2 * (45 + 10 + 1)) / 1024, 1e-12));
  t.ok(near(exactTest([5, 5], [0.5, 0.5]), 1, 1e-12));
  t.ok(near(exactTest([1], [1]), 1, 1e-12));
  t.ok(near(exactTest([0, 0], [0.5, 0.5]), 1, 1e-12));
  t.ok(near(exactTest([0, 2], [0.9, 0.1]), 0.01, 1e-12), 'of unequal shares');
});

t.test('the exact test agrees with counting every sequence of choices', async (t) => {
  const naive = (counts: number[], shares: number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const likelihoods = new Map<string, number>();
    for (let code = 0; code < shares.length ** total; code++) {
      const digits = code
        .toString(shares.length)
        .padStart(total, '0')
        .slice(-total || undefined);
      const key = shares.map((_, cell) => (total ? digits.split(String(cell)).length - 1 : 0)).join();
      const likelihood = key
        .split(',')
        .reduce((product, count, cell) => product * (shares[cell] ?? 0) ** Number(count), 1);
      likelihoods.set(key, (likelihoods.get(key) ?? 0) + likelihood);
    }
    const observed = likelihoods.get(counts.join()) ?? 0;
    return [...likelihoods.values()].filter((one) => one <= observed * (1 + 1e-7)).reduce((sum, one) => sum + one, 0);
  };
  const count = fc.integer({ min: 0, max: 2 });
  const weight = fc.integer({ min: 1, max: 5 });
  const property = fc.property(fc.tuple(count, count, count), fc.tuple(weight, weight, weight), (counts, weights) => {
    const whole = weights.reduce((sum, one) => sum + one);
    const shares = weights.map((one) => one / whole);
    return near(exactTest(counts, shares), naive(counts, shares), 1e-9);
  });
  const outcome = fc.check(property, { numRuns: 60 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);
});

t.test('few flows are tested exactly, many by chi-square, and the two meet', async (t) => {
  const thirds = [1 / 3, 1 / 3, 1 / 3];
  t.match(goodnessOfFit([160, 175, 165], thirds), { method: 'exact' });
  t.match(goodnessOfFit([32_000, 35_000, 33_000], thirds), { method: 'chi-square' });
  t.ok(near(exactTest([160, 175, 165], thirds), chiSquareTest([160, 175, 165], thirds), 0.01));
});

t.test('shares are right, wrong, or not to be told', async (t) => {
  const weights = { server1: 1, server2: 1, server3: 2 };
  t.match(weightsMatch({ server1: 37, server2: 39, server3: 74 }, weights, 0.001), { verdict: 'pass' });
  t.match(weightsMatch({ server1: 50, server2: 50, server3: 50 }, weights, 0.001), {
    verdict: 'fail',
    because: /p = /,
  });
  t.match(weightsMatch({ server1: 50, server3: 100 }, weights, 0.001), { verdict: 'fail' }, 'one is left out');
  t.match(weightsMatch({ ...weights, server4: 1 }, weights, 0.001), {
    verdict: 'fail',
    because: /server4 has no weight/,
  });
  t.match(weightsMatch({ server1: 60, server2: 0 }, { server1: 1, server2: 0 }, 0.001), { verdict: 'unknown' });
  t.match(weightsMatch({ server1: 4, server2: 4, server3: 8 }, weights, 0.001), {
    verdict: 'unknown',
    because: /too few/,
  });
  t.match(weightsMatch({}, weights, 0.001), { verdict: 'unknown' });
  t.match(weightsMatch({ server1: 5, server2: 5, server3: 10 }, weights, 0.001), { verdict: 'pass' }, 'just enough');
  const said = (counts: Record<string, number>, of: Record<string, number> = weights) =>
    weightsMatch(counts, of, 0.001).because;
  t.match(
    said({ server1: 50, server3: 100 }),
    /^server1 50 of 37\.5, server2 0 of 37\.5, server3 100 of 75\.0; p = .*below 0\.001$/,
  );
  t.match(
    said({ server1: 30, server2: 30 }, { server1: 1, server2: 1, server3: 0 }),
    /^server1 30 of 30\.0, server2 30 of 30\.0; p = 1\.00 /,
  );
  t.equal(said({ server1: 60 }, { server1: 1 }), 'there are not two servers to choose from');
  t.equal(said({ server1: 4, server2: 4, server3: 8 }), '16 flows are too few to tell');
  t.equal(said({ server1: 60, server4: 2 }), 'server4 has no weight but got 2 flows');
  t.match(
    said({ server1: 60, server2: 60, server3: 120, server4: 0 }),
    /^server1 60 of 60\.0/,
    'who has no flows needs no weight',
  );
});

t.test('flows are counted once each, and there must be as many as were meant', async (t) => {
  const fits = flowsMatchWeights({ weights: { server1: 1, server2: 1 }, significance: 0.001, flows: 40 });
  const flows = (server1: number) =>
    Array.from({ length: 40 }, (_, number) => {
      const server = number < server1 ? 'server1' : 'server2';
      return [0, 1].map((sequence) => probe(number + sequence * 100, { flow: `${number}`, sequence, server }));
    }).flat();
  t.match(
    told(fits, flows(22)),
    /^pass: server1 22 of 20\.0, server2 18 of 20\.0; p = 0\.\d+ \(exact\); a share that is 101 % off would have been noticed with 99\.9 %/,
  );
  t.match(told(fits, flows(36)), /^fail: server1 36 of 20\.0/);
  t.same(shown(fits, flows(22)), ['probe 0', 'probe 1', 'probe 2']);
  t.same(shown(fits, flows(22).slice(78)).length, 1);
  const unanswered = Array.from({ length: 5 }, (_, number) => probe(number, { flow: `x${number}`, outcome: 'lost' }));
  t.match(told(fits, flows(22), unanswered), /^pass: server1 22/, 'those that nobody answered are none');
  t.match(told(fits, flows(22).slice(2)), /^unknown: 39 flows were answered, and not 40/);
  t.match(told(fits), /^unknown/);
});

t.test('flows that nobody answers are counted by where their first packet was sent', async (t) => {
  const path = {
    access: { lan: 'access', node: 'nlb1', leg: 'access' },
    mac: '02:00:00:00:00:0b',
    server: { lan: 'server', node: 'nlb1', leg: 'server' },
  };
  const serverMacs = { server1: '02:00:00:00:01:15', server2: '02:00:00:00:01:16' };
  const fits = flowsSentByWeights({
    paths: [path],
    services: [{ address: '203.0.113.10', protocol: 'udp', port: 7 }],
    serverMacs,
    weights: { server1: 1, server2: 1 },
    significance: 0.001,
    flows: 40,
  });
  const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
  const sent = (number: number, destination: string) =>
    udp(
      { atMs: number, from: path.server, to: [] },
      { source: path.mac, destination },
      { source: '198.51.100.99', sourcePort: 1000 + number, destination: '203.0.113.10', destinationPort: 7 },
    );
  const flows = (server1: number) =>
    Array.from({ length: 40 }, (_, number) =>
      sent(number, number < server1 ? serverMacs.server1 : serverMacs.server2),
    ).flat();
  t.match(told(fits, SEEN, flows(22), OVER), /^pass: server1 22 of 20\.0, server2 18 of 20\.0/);
  t.match(told(fits, SEEN, flows(22), sent(3, serverMacs.server1), OVER), /^pass: server1 22/, 'each once');
  t.match(told(fits, SEEN, flows(36), OVER), /^fail: server1 36 of 20\.0/);
  t.match(told(fits, SEEN, flows(22).slice(1), OVER), /^unknown: 39 flows were sent on, and not 40/);
  t.match(told(fits, SEEN, flows(22), sent(99, '02:00:00:00:00:01'), OVER), /^fail: .* which is no server's/);
  t.same(shown(fits, SEEN, flows(22), OVER), ['frame 0', 'frame 1', 'frame 2']);
  t.match(told(fits, flows(22), OVER), /^unknown: frames of access were not watched/);
});
