import t from 'tap';
import type { Judgement } from '../judgement.ts';
import { judge, packetsPerSecond } from './bound.ts';
import { rate, sample, samples } from './fixtures.ts';
import type { CostSample, Figures } from './measured.ts';

const many = (forwardingPath: string, thousands: number[]) => thousands.map((figure) => rate(forwardingPath, figure));

/** Above a floor of 50 ns the least forwarder takes 40, and what opens a connection 60 and 48. */
const opening = (all: CostSample[], firstAckNs = 98): CostSample[] =>
  all.map((one) => (one.workload === 'first ACK' ? { ...one, ns: firstAckNs } : one));
const GOOD: Figures = {
  samples: opening(samples({ ns: 110 }, { ns: 110 })),
  rates: [...many('xdp', [90, 150, 400]), ...many('nftables', [80, 100, 300])],
  missing: [],
};
const verdicts = (figures: Partial<Figures>): Judgement['verdict'][] =>
  judge({ ...GOOD, ...figures }).map(({ verdict }) => verdict);

const BOUNDS = [
  'least',
  'opening',
  'established',
  'round-robin',
  'new',
  'first ACK',
  'short',
  'flood',
  'rates',
] as const;
const but = (verdict: Judgement['verdict'], ...of: (typeof BOUNDS)[number][]): Judgement['verdict'][] =>
  BOUNDS.map((bound) => (of.includes(bound) ? verdict : 'met'));

/** Of one workload, the figure at the largest size. */
const large = (workload: CostSample['workload'], ns: number): CostSample[] =>
  GOOD.samples.map((one) => (one.workload === workload && one.servers === 1000 ? { ...one, ns } : one));

t.test('each bound is met to the last, and violated from there on', async (t) => {
  const table: [string, Partial<Figures>, Judgement['verdict'][]][] = [
    ['all at their bounds', {}, but('met')],
    [
      'one size above the least',
      { samples: [...GOOD.samples, sample({ servers: 100, ns: 111 })] },
      but('violated', 'least'),
    ],
    ['a low least', { samples: GOOD.samples.map((one) => ({ ...one, leastNs: 89 })) }, but('violated', 'least')],
    ['a dear first ACK', { samples: large('first ACK', 99) }, but('violated', 'opening')],
    ['half as much again', { samples: large('flood', 165) }, but('met')],
    ['more than that', { samples: large('flood', 166) }, but('violated', 'flood')],
    ['more than that, when new', { samples: large('new', 166) }, but('violated', 'new')],
    [
      'XDP a little slower',
      { rates: [...many('xdp', [90, 149, 400]), ...many('nftables', [80, 100, 300])] },
      but('violated', 'rates'),
    ],
  ];
  for (const [what, figures, expected] of table) t.same(verdicts(figures), expected, what);
});

t.test('what was not measured, or not enough, is neither met nor violated', async (t) => {
  const none = 'not measured';
  const costs = but(none, 'least', 'opening', 'established', 'round-robin', 'new', 'first ACK', 'short', 'flood');
  const withoutSyn = GOOD.samples.filter(({ workload }) => workload !== 'new');
  const table: [string, Partial<Figures>, Judgement['verdict'][]][] = [
    ['no costs', { samples: [] }, costs],
    ['figures of few runs', { samples: GOOD.samples.map((one) => ({ ...one, runs: 19_999 })) }, costs],
    ['no SYN to compare with', { samples: withoutSyn }, but(none, 'opening', 'new')],
    ['no rates', { rates: [] }, but(none, 'rates')],
    ['two trials', { rates: [...many('xdp', [200, 200]), ...many('nftables', [1, 1, 1])] }, but(none, 'rates')],
    ['no nftables on this machine', { rates: many('xdp', [200, 200, 200]) }, but(none, 'rates')],
    [
      'frames that nobody has readdressed',
      { rates: [...GOOD.rates, rate('tc', 100, { misaddressed: 1 })] },
      but(none, 'rates'),
    ],
  ];
  for (const [what, figures, expected] of table) t.same(verdicts(figures), expected, what);
});

t.test('a judgement gives the ratio and what it is made of', async (t) => {
  const [least, opening, , roundRobin, , , , , rates] = judge(GOOD);
  t.match(least, { figure: 1.5, detail: '60 ns against 40 ns at 3 servers, 1 services, 0 connections' });
  t.match(opening, { figure: 0.8, detail: '48 ns against 60 ns at 3 servers, 1 services, 0 connections' });
  t.match(roundRobin, { figure: 1, detail: '110 ns against 110 ns' });
  t.match(rates, { figure: 1.5, detail: 'medians 150 and 100 thousand a second' });
});

t.test('a packet that did not arrive at a server was not carried', async (t) => {
  t.equal(packetsPerSecond(rate('xdp', 0, { sent: 900, arrived: [100, 0, 200], tookNs: 1e9 / 2 })), 600);
});
