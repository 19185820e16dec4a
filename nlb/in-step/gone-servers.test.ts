import t from 'tap';
import { openGoneServers } from './gone-servers.ts';

const seen = (...gone: string[]) => ['a', 'b'].map((address, id) => ({ address, id, isGone: gone.includes(address) }));

function scene() {
  const times = { nowMs: 0 };
  const servers = openGoneServers(() => times.nowMs);
  return { times, servers };
}

t.test('what is gone, and is back, is told once', async (t) => {
  const { servers } = scene();
  servers.see(seen('a'));
  t.same([...servers.begin(0, ['a', 'b'])], ['a'], 'when the node begins to lead');
  t.same(servers.changes(['a', 'b']), []);
  servers.see(seen('b'));
  t.same(servers.changes(['a', 'b']), [
    ['a', false],
    ['b', true],
  ]);
  t.same(servers.changes(['a', 'b']), []);
});

t.test('one that is out of the configuration is gone, also where only the rule knows it', async (t) => {
  const { servers } = scene();
  servers.see(seen());
  t.same([...servers.begin(1000, ['a', 'x'])], ['x'], 'at once');
  servers.see(seen().slice(0, 1));
  t.same(servers.changes(['a', 'b', 'x']), [['b', true]], 'a reload has taken it out');
  servers.see(seen());
  t.same(servers.changes(['a', 'b', 'x']), [['b', false]]);
});

t.test(
  'after a takeover what the standby thought of servers counts only once it has had the time to look',
  async (t) => {
    const { times, servers } = scene();
    servers.see(seen('a', 'b'));
    t.same([...servers.begin(1000, ['a', 'b'])], []);
    times.nowMs = 999;
    t.same(servers.changes(['a', 'b']), []);
    servers.see(seen('b'));
    times.nowMs = 1000;
    t.same(servers.changes(['a', 'b']), [['b', true]], 'a was there after all');
  },
);
