import t from 'tap';
import { ZERO_MAC } from '../capture/address-text.ts';
import {
  act,
  address,
  arp,
  census,
  counted,
  neighbour,
  probe,
  script,
  served,
  watched,
} from '../check/literal-history.ts';
import type { HistoryEvent } from '../history/event.ts';
import { describeEvent } from './describe.ts';

const port = { lan: 'access', node: 'fw1', leg: 'access' };
const [asked] = arp(
  { atMs: 1.5, from: port, to: [] },
  {
    operation: 'request',
    senderMac: '02:00:00:00:00:01',
    senderIp: '10.77.1.2',
    targetMac: ZERO_MAC,
    targetIp: '10.77.1.100',
  },
);
const nlbs = { node: 'nlb1', device: 'access', address: '10.77.1.100/32' };
const entry = { node: 'fw1', device: 'access', address: '10.77.1.100' };

t.test('each kind of event is one line that begins with its instant', async (t) => {
  const table: [HistoryEvent | undefined, string | RegExp][] = [
    [asked, /^ {5}1\.500 ms {2}fw1\/access sent .*10\.77\.1\.100/],
    [
      address(12345, { ...nlbs, change: 'added', label: 'access:nlbs' }),
      ' 12345.000 ms  nlb1 added 10.77.1.100/32 on access as access:nlbs',
    ],
    [address(0, { ...nlbs, change: 'removed' }), '     0.000 ms  nlb1 removed 10.77.1.100/32 on access'],
    [
      neighbour(2, { ...entry, mac: '02:00:00:00:00:07', state: 'STALE' }),
      '     2.000 ms  fw1 knows 10.77.1.100 on access at 02:00:00:00:00:07 (STALE)',
    ],
    [
      neighbour(2, { ...entry, state: 'FAILED' }),
      '     2.000 ms  fw1 knows 10.77.1.100 on access at no address (FAILED)',
    ],
    [act(3, 'kill -9', 'nlb1'), '     3.000 ms  kill -9 (nlb1)'],
    [{ ...act(3, 'cut'), untilNs: 4_250_000 }, '     3.000 ms  cut, took 1.3 ms'],
    [probe(4, { server: 'server1', flow: 'f', sequence: 7 }), '     4.000 ms  client1 tcp f #7 answered by server1'],
    [probe(4, { outcome: 'lost' }), '     4.000 ms  client1 tcp a #0 lost'],
    [counted(6, 'nlb1', 'refused', { forged: 3, stale: 1 }), '     6.000 ms  nlb1: refused: forged 3, stale 1'],
    [counted(6, 'nlb1', 'refused', {}), '     6.000 ms  nlb1: refused: none'],
    [
      served(5, 'server1', '198.51.100.10:4711', '203.0.113.10:80'),
      '     5.000 ms  server1 served tcp 198.51.100.10:4711 at 203.0.113.10:80',
    ],
    [census(6, 'nlb1 access 10.77.1.11/24', 'nlb1 lo 127.0.0.1/8'), '     6.000 ms  census: 2 addresses, 0 routes'],
    [
      { ...script(7, 'nlb1', 'active', 'standby'), reason: 'peer silent' },
      '     7.000 ms  nlb1 ran the script of active after standby: peer silent',
    ],
    [watched('frames', 'access', 3), '     0.000 ms  watched frames of access until 10000.000 ms, missed 3'],
  ];
  for (const [event, expected] of table) {
    const told = event ? describeEvent(event) : '';
    if (typeof expected === 'string') t.equal(told, expected);
    else t.match(told, expected);
    t.notMatch(told, '\n');
  }
});
