import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { goodnessOfFit } from './goodness-of-fit.ts';
import { firstsSentOn, type Ways } from './new-flows.ts';
import { POWER, smallestBiasFound } from './power.ts';
import { type ProbeFilter, probesOf } from './probes.ts';
import { eventsOf } from './seen.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

/** Fewer flows would let even a server left out pass as chance. */
const FEWEST_EXPECTED_FLOWS = 5;

/**
 * BAL-5: counts of flows by server fit the weights, by a test at the stated significance: a right system fails with just
 * that probability. The number of flows is fixed beforehand and the test made once.
 *
 * A selection table of 65,537 slots gives each server its share to within one slot: 1.5e-5. Over n flows to k servers of share p that adds at most n k (1.5e-5)² / p to chi-square:
 * 0.002 for a million flows to three equal servers, so that the weights themselves may stand for the shares. Flows are
 * taken as independent: each is another five-tuple, hashed.
 */
export function weightsMatch(
  counts: Record<string, number>,
  weights: Record<string, number>,
  significance: number,
): Verdict {
  const foreign = Object.keys(counts).find((name) => counts[name] && !weights[name]);
  if (foreign !== undefined) return fail(`${foreign} has no weight but got ${counts[foreign]} flows`);
  const names = Object.keys(weights).filter((name) => weights[name]);
  const whole = names.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
  const shares = names.map((name) => (weights[name] ?? 0) / whole);
  const found = names.map((name) => counts[name] ?? 0);
  const total = found.reduce((sum, count) => sum + count, 0);
  if (names.length < 2) return unknown('there are not two servers to choose from');
  if (total * Math.min(...shares) < FEWEST_EXPECTED_FLOWS) return unknown(`${total} flows are too few to tell`);
  const { method, pValue } = goodnessOfFit(found, shares);
  const told = names.map((name, index) => `${name} ${found[index]} of ${(total * (shares[index] ?? 0)).toFixed(1)}`);
  const because = `${told.join(', ')}; p = ${pValue.toPrecision(3)} (${method}); ${powerText(total, shares, significance)}`;
  return pValue >= significance ? pass(because) : fail(`${because}, below ${significance}`);
}

/** What a verdict is worth: what it would have noticed. By Pearson's test, than which the exact one notices hardly less. */
function powerText(flows: number, shares: readonly number[], significance: number): string {
  const percent = smallestBiasFound(flows, shares, significance) * 100;
  return `a share that is ${Number(percent.toPrecision(3))} % off would have been noticed with ${POWER * 100} % probability`;
}

/**
 * BAL-5 on a history: of exactly `flows` flows, each counted once by the server that answered it.
 * @notices a share that is so much off as the verdict says, with 99.9 % probability; see below
 */
export const flowsMatchWeights = checker(function flowsMatchWeights(
  options: ProbeFilter & { weights: Record<string, number>; significance: number; flows: number },
) {
  return (during) => {
    const answered = probesOf(during, options).filter(({ server }) => server !== undefined);
    const flows = [...Map.groupBy(answered, ({ node, flow }) => `${node} ${flow}`).values()].flatMap(
      ([first]) => first ?? [],
    );
    if (flows.length !== options.flows)
      return unknown(`${flows.length} flows were answered, and not ${options.flows}`, flows);
    const counts: Record<string, number> = {};
    for (const { server = '' } of flows) counts[server] = (counts[server] ?? 0) + 1;
    const verdict = weightsMatch(counts, options.weights, options.significance);
    return { ...verdict, evidence: flows.slice(0, 3) };
  };
});

/**
 * BAL-5 by frames: of exactly `flows` flows whose first packet a load balancer was handed, each counted once by the server to which
 * that was sent. For flows that nobody answers, which a generator can make by the ten thousand.
 * @param options.serverMacs hardware addresses by the servers' names
 * @notices a share that is so much off as the verdict says, with 99.9 % probability; see below
 */
export const flowsSentByWeights = checker(function flowsSentByWeights(
  options: Ways & {
    serverMacs: Record<string, string>;
    weights: Record<string, number>;
    significance: number;
    flows: number;
  },
) {
  const { serverMacs, weights, significance, flows, paths } = options;
  return (during, all = during) => {
    const names = new Map(Object.entries(serverMacs).map(([name, mac]) => [mac, name]));
    const sent = [...firstsSentOn(during, options).values()];
    const astray = sent.find(({ ethernet }) => !names.has(ethernet.destination));
    if (astray) return fail(`a flow was sent to ${astray.ethernet.destination}, which is no server's`, [astray.event]);
    if (sent.length !== flows) return unknown(`${sent.length} flows were sent on, and not ${flows}`);
    const counts: Record<string, number> = {};
    for (const { ethernet } of sent) {
      const name = names.get(ethernet.destination) ?? '';
      counts[name] = (counts[name] ?? 0) + 1;
    }
    const verdict = { ...weightsMatch(counts, weights, significance), evidence: eventsOf(sent.slice(0, 3)) };
    const where = paths.flatMap(({ access, server }) => [access.lan, server.lan]);
    return unlessBlind(during, all, [{ what: 'frames', where }], verdict);
  };
});
