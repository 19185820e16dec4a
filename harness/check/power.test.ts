import t from 'tap';
import { chiSquareTail, chiSquareTest } from './goodness-of-fit.ts';
import {
  flowsToFind,
  leastPartFound,
  lossFoundText,
  noncentralityFound,
  noncentralTail,
  POWER,
  smallestBiasFound,
} from './power.ts';

const SIGNIFICANCE = 1e-6;
const equal = (servers: number) => Array.from({ length: servers }, () => 1 / servers);

t.test('noncentral chi-square of one degree is the square of a shifted normal', async (t) => {
  // P((Z + a)² > c) by the normal distribution, whose tail is half that of chi-square of one degree.
  const above = (z: number) => (z < 0 ? 1 - chiSquareTail(z * z, 1) / 2 : chiSquareTail(z * z, 1) / 2);
  for (const [a, root] of [
    [1, 2],
    [5, 4.9],
    [8, 4.9],
  ] as const) {
    const wanted = above(root - a) + above(root + a);
    t.ok(Math.abs(noncentralTail(root ** 2, 1, a ** 2) - wanted) < 1e-9, `${a}, ${root}`);
  }
  t.ok(Math.abs(noncentralTail(5, 3, 0) - chiSquareTail(5, 3)) < 1e-12, 'without a shift it is central');
});

t.test('for two servers it is the well-known sum of two quantiles', async (t) => {
  // 4.8916 for 1e-6 on both sides, 3.0902 for 99.9 %.
  t.ok(Math.abs(noncentralityFound(2, SIGNIFICANCE) - (4.8916 + 3.0902) ** 2) < 0.01);
});

t.test('so many flows find five per cent, and the two functions are inverse', async (t) => {
  const table = [2, 3, 10].map((servers) => ({ servers, flows: flowsToFind(0.05, equal(servers), SIGNIFICANCE) }));
  t.equal(table[0]?.flows, 25_485);
  for (const { servers, flows } of table) {
    t.ok(flows >= 25_485 * (servers - 1), `${servers} servers: ${flows}`);
    t.ok(Math.abs(smallestBiasFound(flows, equal(servers), SIGNIFICANCE) - 0.05) < 1e-5);
  }
});

t.test('of unequal shares the least is the hardest to find', async (t) => {
  const [even, uneven] = [
    [0.5, 0.5],
    [0.25, 0.75],
  ].map((shares) => ({
    bias: smallestBiasFound(1000, shares, SIGNIFICANCE),
    flows: flowsToFind(0.1, shares, SIGNIFICANCE),
  }));
  // b² p / (1 - p) is the same for both, and p / (1 - p) is 1 and 1 / 3.
  t.ok(Math.abs((uneven?.bias ?? 0) / (even?.bias ?? 1) - Math.sqrt(3)) < 1e-9);
  t.ok(Math.abs((uneven?.flows ?? 0) - 3 * (even?.flows ?? 0)) <= 3, 'each rounded up');
});

/** Normal numbers from a fixed seed (Box and Muller). */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

t.test('a bias of that size is found in 999 of 1000 trials, and half of it seldom', async (t) => {
  const [flows, shares] = [55_000, equal(3)];
  const bias = smallestBiasFound(flows, shares, SIGNIFICANCE);
  const normal = normals(20_261_126);
  const found = (size: number): number => {
    const biased = [(1 + size) / 3, (1 - size / 2) / 3, (1 - size / 2) / 3];
    let count = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const first = Math.round(flows * (biased[0] ?? 0) + normal() * Math.sqrt(flows * (2 / 9)));
      const second = Math.round((flows - first) / 2 + normal() * Math.sqrt((flows - first) / 4));
      if (chiSquareTest([first, second, flows - first - second], shares) < SIGNIFICANCE) count += 1;
    }
    return count / 4000;
  };
  t.ok(Math.abs(found(bias) - POWER) < 0.003, `${found(bias)} at ${bias}`);
  t.ok(found(bias / 2) < 0.2);
});

t.test('how rare a loss may be to be found among so many', async (t) => {
  t.ok(Math.abs(1 / leastPartFound(1379) - 200) < 0.2, 'a connection in 200');
  t.ok(Math.abs(1 / leastPartFound(13_813) - 2000) < 0.2, 'a frame in 2000');
  t.equal(leastPartFound(1), POWER);
  t.equal(lossFoundText(1379), 'one in 200 would have been noticed with 99.9 % probability');
  t.match(lossFoundText(13_813), 'one in 2000 would');
});
