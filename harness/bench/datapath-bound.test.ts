import t from 'tap';
import { type Judgement, judge, packetsPerSecond } from './datapath-bound.ts';
import { cell, cells, rate } from './datapath-literal.ts';
import type { Figures } from './datapath-measured.ts';

const many = (way: string, thousands: number[]) => thousands.map((figure) => rate(way, figure));

const GOOD: Figures = {
  cells: cells({ ns: 115 }, { ns: 115 }),
  rates: [...many('xdp', [90, 150, 400]), ...many('nftables', [80, 100, 300])],
  missing: [],
};
const verdicts = (figures: Partial<Figures>): Judgement['verdict'][] =>
  judge({ ...GOOD, ...figures }).map(({ verdict }) => verdict);

const KEPT = Array.from({ length: 6 }, () => 'kept' as const);
const but = (...changes: [number, Judgement['verdict']][]): Judgement['verdict'][] =>
  KEPT.map((kept, index) => changes.find(([at]) => at === index)?.[1] ?? kept);

t.test('each bound is kept to the last, and missed from there on', async (t) => {
  const table: [string, Partial<Figures>, Judgement['verdict'][]][] = [
    ['all at their bounds', {}, KEPT],
    ['one size above 2.3 floors', { cells: [...GOOD.cells, cell({ servers: 100, ns: 116 })] }, but([0, 'missed'])],
    ['a low floor', { cells: cells({ ns: 92, floorNs: 39 }, { ns: 92 }) }, but([0, 'missed'])],
    ['half as much again', { cells: cells({ ns: 70 }, { ns: 105 }) }, KEPT],
    [
      'more than that',
      { cells: cells({ ns: 70 }, { ns: 106 }) },
      but([1, 'missed'], [2, 'missed'], [3, 'missed'], [4, 'missed']),
    ],
    [
      'more than that in one situation',
      {
        cells: [
          ...GOOD.cells.filter(({ situation }) => situation !== 'new'),
          ...cells({ ns: 70 }, { ns: 106 }).slice(4, 6),
        ],
      },
      but([3, 'missed']),
    ],
    [
      'XDP a little slower',
      { rates: [...many('xdp', [90, 149, 400]), ...many('nftables', [80, 100, 300])] },
      but([5, 'missed']),
    ],
  ];
  for (const [what, figures, expected] of table) t.same(verdicts(figures), expected, what);
});

t.test('what was not measured, or not enough, is neither kept nor missed', async (t) => {
  const none = 'not measured';
  const costs = but([0, none], [1, none], [2, none], [3, none], [4, none]);
  const table: [string, Partial<Figures>, Judgement['verdict'][]][] = [
    ['no costs', { cells: [] }, costs],
    ['medians of few runs', { cells: cells({ runs: 19_999 }, { runs: 19_999 }) }, costs],
    ['no rates', { rates: [] }, but([5, none])],
    ['two trials', { rates: [...many('xdp', [200, 200]), ...many('nftables', [1, 1, 1])] }, but([5, none])],
    ['no nftables on this machine', { rates: many('xdp', [200, 200, 200]) }, but([5, none])],
    ['frames that nobody has readdressed', { rates: [...GOOD.rates, rate('tc', 100, { astray: 1 })] }, but([5, none])],
  ];
  for (const [what, figures, expected] of table) t.same(verdicts(figures), expected, what);
});

t.test('a judgement gives the ratio and what it is made of', async (t) => {
  const [established, , inTurn, , , rates] = judge(GOOD);
  t.match(established, { figure: 2.3, detail: '115 ns against 50 ns at 3 servers, 1 services, 0 connections' });
  t.match(inTurn, { figure: 1, detail: '115 ns against 115 ns' });
  t.match(rates, { figure: 1.5, detail: 'medians 150 and 100 thousand a second' });
});

t.test('a packet that did not arrive at a server was not carried', async (t) => {
  t.equal(packetsPerSecond(rate('xdp', 0, { sent: 900, arrived: [100, 0, 200], tookNs: 1e9 / 2 })), 600);
});
