import t from 'tap';
import { doubtful, remember } from './neighbours.ts';

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
