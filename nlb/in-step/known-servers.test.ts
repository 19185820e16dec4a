import t from 'tap';
import type { Configured } from './configured.ts';
import { openKnownServers } from './known-servers.ts';

const configured = (servers: string[], ports = [80]): Configured => ({
  pools: [{ name: 'p', row: 0, members: servers.map((address) => ({ name: address, address })) }],
  services: ports.map((port, number) => ({ number, protocol: 'tcp', address: '203.0.113.1', port, pool: 'p' })),
});
const numberOf = (...of: Parameters<typeof configured>): number => {
  const known = openKnownServers();
  known.use(configured(...of));
  return known.own();
};

t.test('the number follows from servers and services, whatever their order', async (t) => {
  t.equal(numberOf(['a', 'b'], [80, 443]), numberOf(['b', 'a'], [443, 80]));
  t.not(numberOf(['a', 'b']), numberOf(['a']));
  t.not(numberOf(['a'], [80]), numberOf(['a'], [80, 443]));
  t.ok(Number.isSafeInteger(numberOf(['a'])) && numberOf(['a']) < 2 ** 48);
});

t.test('while both have the same there is nothing to know; else those of before count', async (t) => {
  const known = openKnownServers();
  known.use(configured(['a', 'b']));
  t.equal(known.known(), undefined, 'the standby has not said');
  known.heard(numberOf(['a', 'b']));
  t.equal(known.known(), undefined);
  known.use(configured(['a', 'b', 'c']));
  t.same(known.known(), new Set(['a', 'b']), 'this node has one more');
  known.heard(numberOf(['a', 'b', 'c']));
  t.equal(known.known(), undefined);
  known.heard(numberOf(['a', 'b']));
  t.same(known.known(), new Set(['a', 'b', 'c']), 'the other has one less: only it could say which');
});

t.test('of another standby, which has others from the start, what is committed counts', async (t) => {
  const known = openKnownServers();
  known.use(configured(['a', 'b', 'c']));
  known.heard(numberOf(['a', 'b', 'c']));
  known.forget(['a', 'b']);
  t.equal(known.known(), undefined);
  known.heard(1);
  t.same(known.known(), new Set(['a', 'b']));
});
