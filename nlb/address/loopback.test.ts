import t from 'tap';
import { numberServers } from '../control/identity.ts';
import { doubtful, remember } from '../control/neighbours.ts';
import { reconcileLoopback } from './loopback.ts';

const LO = 1;
const ours = (address: string) => ({ ifindex: LO, address, prefixLength: 32, label: 'lo:nlb' });
const theirs = (address: string, ifindex = LO) => ({ ifindex, address, prefixLength: 32, label: 'lo' });

t.test('what is missing is added, and what is no longer wanted is removed, if it is ours', async (t) => {
  const cases: [desired: string[], actual: ReturnType<typeof ours>[], changes: string[]][] = [
    [['203.0.113.10'], [], ['add 203.0.113.10']],
    [['203.0.113.10'], [ours('203.0.113.10')], []],
    [['203.0.113.10'], [theirs('203.0.113.10')], []],
    [['203.0.113.10'], [theirs('203.0.113.10', 2)], ['add 203.0.113.10']],
    [[], [ours('203.0.113.10'), theirs('127.0.0.1'), theirs('203.0.113.11')], ['remove 203.0.113.10']],
    [['203.0.113.11'], [ours('203.0.113.10')], ['add 203.0.113.11', 'remove 203.0.113.10']],
  ];
  for (const [desired, actual, changes] of cases) {
    const made = reconcileLoopback(desired, actual, LO).map(({ change, address }) => `${change} ${address.address}`);
    t.same(made, changes);
  }
  t.match(reconcileLoopback(['203.0.113.10'], [], LO)[0]?.address, ours('203.0.113.10'));
});

t.test('a server keeps the number that its address had in an earlier life', async (t) => {
  const servers = [
    { name: 'new', address: '10.77.2.23' },
    { name: 'b', address: '10.77.2.22' },
    { name: 'a', address: '10.77.2.21' },
  ];
  const earlier = [
    { id: 0, address: '10.77.2.21' },
    { id: 1, address: '10.77.2.22' },
    { id: 2, address: '10.77.2.99' },
  ];
  t.same(Object.fromEntries(numberServers(servers, earlier, 4)), { a: 0, b: 1, new: 3 });
  t.same(Object.fromEntries(numberServers(servers, earlier, 3)), { a: 0, b: 1, new: 2 }, 'where there is no other');
  t.same(Object.fromEntries(numberServers(servers, [], 3)), { new: 0, b: 1, a: 2 });
});

t.test(
  "a server's hardware address is believed for a while after the kernel has dropped it, unless it failed",
  async (t) => {
    const address = '10.77.2.21';
    const mac = '02:00:00:00:02:15';
    const known = remember(new Map(), [{ address, mac, state: 'REACHABLE' }], 1000);
    t.equal(known.get(address)?.mac, mac);
    t.equal(remember(known, [], 4000).get(address)?.mac, mac);
    t.equal(remember(known, [{ address, state: 'INCOMPLETE' }], 4000).get(address)?.mac, mac);
    t.equal(remember(known, [], 4001).get(address), undefined);
    t.equal(remember(known, [{ address, state: 'FAILED' }], 1001).get(address), undefined);
    const other = '02:00:00:00:02:16';
    t.equal(remember(known, [{ address, mac: other, state: 'STALE' }], 1001).get(address)?.mac, other);
  },
);

t.test('the kernel is made to ask where it does not know, or is no longer sure', async (t) => {
  const states = ['REACHABLE', 'STALE', 'FAILED', 'INCOMPLETE', 'PROBE', 'PERMANENT'];
  const seen = states.map((state) => ({ address: state, state, confirmedMs: 1000 }));
  t.same(doubtful([...states, 'never seen'], seen, new Set()), ['STALE', 'FAILED', 'never seen']);
  t.same(
    doubtful(states, seen, new Set(states)),
    ['REACHABLE', 'STALE', 'FAILED'],
    'of servers that fail their checks, also where it is sure; but not where it is asking',
  );
  const fresh = { address: 'a', state: 'REACHABLE', confirmedMs: 990 };
  t.same(doubtful(['a'], [fresh], new Set(['a'])), [], 'nor where it has only just asked');
});
