/**
 * How likely counts as far from their expectation as these, or farther, come up by chance: exactly, by the multinomial
 * distribution, where there are few outcomes, else by Pearson's chi-square.
 */
export interface Fit {
  method: 'exact' | 'chi-square';
  pValue: number;
}

/** Number of possible outcomes up to which each is counted: a second of work at most. */
const MOST_OUTCOMES = 2_000_000;
/** Outcomes as likely as the one observed count as being as far; probabilities are sums of rounded logarithms. */
const RELATIVE_ERROR = 1e-7;

/** @param counts and `shares` side by side; the shares are positive and add up to 1. */
export function goodnessOfFit(counts: readonly number[], shares: readonly number[]): Fit {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (outcomes(total, counts.length) <= MOST_OUTCOMES) return { method: 'exact', pValue: exactTest(counts, shares) };
  return { method: 'chi-square', pValue: chiSquareTest(counts, shares) };
}

/** Ways to divide `total` flows among `cells`: C(total + cells - 1, cells - 1). */
function outcomes(total: number, cells: number): number {
  let number = 1;
  for (let cell = 1; cell < cells; cell++) number *= (total + cell) / cell;
  return number;
}

/** The exact multinomial test: the probability of all outcomes that are no more likely than the one observed. */
export function exactTest(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const logFactorials = logFactorialsUpTo(total);
  const term = (cell: number, count: number) => count * Math.log(shares[cell] ?? 0) - (logFactorials[count] ?? 0);
  const logTotal = logFactorials[total] ?? 0;
  const observed = counts.reduce((sum, count, cell) => sum + term(cell, count), logTotal);
  const bound = observed + RELATIVE_ERROR;
  let pValue = 0;
  const walk = (cell: number, left: number, logProbability: number): void => {
    if (cell === shares.length - 1) {
      const whole = logProbability + term(cell, left);
      if (whole <= bound) pValue += Math.exp(whole);
      return;
    }
    for (let count = 0; count <= left; count++) walk(cell + 1, left - count, logProbability + term(cell, count));
  };
  walk(0, total, logTotal);
  return Math.min(1, pValue);
}

function logFactorialsUpTo(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let number = 1; number <= most; number++) logs[number] = (logs[number - 1] ?? 0) + Math.log(number);
  return logs;
}

/** Pearson's test with one degree of freedom less than cells. */
export function chiSquareTest(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const statistic = counts.reduce((sum, count, cell) => {
    const expected = total * (shares[cell] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return chiSquareTail(statistic, counts.length - 1);
}

/** Probability that chi-square of so many degrees of freedom exceeds `statistic`: Q(degrees / 2, statistic / 2). */
export function chiSquareTail(statistic: number, degrees: number): number {
  return upperGamma(degrees / 2, statistic / 2);
}

/** The regularized upper incomplete gamma function Q(a, x), by the series or the continued fraction (DLMF 8.11, 8.9). */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * Number.EPSILON; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * prefactor(a, x);
}

/** Lentz's method, from the front. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < 2 * Number.EPSILON) break;
  }
  return fraction * prefactor(a, x);
}

/** x^a e^-x / Γ(a) */
function prefactor(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - logGammaOfHalves(a));
}

/** Exactly, for whole and half numbers: degrees of freedom need no others. */
function logGammaOfHalves(a: number): number {
  let sum = Number.isInteger(a) ? 0 : Math.log(Math.PI) / 2;
  for (let at = Number.isInteger(a) ? 1 : 0.5; at < a; at++) sum += Math.log(at);
  return sum;
}
