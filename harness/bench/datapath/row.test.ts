import t from 'tap';
import { judgementRow } from '../judgement.ts';
import { rate, sample } from './fixtures.ts';
import { COST_HEADING, costRow, RATE_HEADING, rateRows } from './row.ts';

t.test('a cost stands under its heading', async (t) => {
  t.same(
    [COST_HEADING, costRow(sample({ workload: 'flood', services: 512, connections: 1_000_000, ns: 123.4 }))],
    [
      'ns a packet          servers    services connections       floor       least        cost     × least',
      'SYN flood                  3         512     1000000          50          40          73        1.84',
    ],
  );
});

t.test(
  'a forwardingPath has its extremes, its median, what it lost, and its ratio; or the reason why it has none',
  async (t) => {
    const rates = [
      rate('xdp', 300),
      rate('nftables', 100),
      rate('xdp', 200, { sent: 1005 }),
      rate('xdp', 100, { sent: 1002 }),
    ];
    t.same(
      [RATE_HEADING, ...rateRows(rates, [{ forwardingPath: 'tc', missing: 'no such thing' }])],
      [
        'thousand a second     trials         min      median         max        lost  × nftables',
        'xdp                        3         100         200         300           7        2.00',
        'nftables                   1         100         100         100           0        1.00',
        'tc                not measured: no such thing',
      ],
    );
    t.match(rateRows([rate('xdp', 300)], [])[0], / -$/, 'no ratio without nftables');
  },
);

t.test('a judgement begins with its verdict', async (t) => {
  const words = 'little at most';
  t.equal(
    judgementRow({ words, verdict: 'violated', figure: 2.345, detail: '3 ns' }),
    'violated: little at most: 2.35, 3 ns',
  );
  t.equal(judgementRow({ words, verdict: 'not measured', detail: 'no runs' }), 'not measured: little at most: no runs');
});
