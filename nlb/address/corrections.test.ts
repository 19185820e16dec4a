import t from 'tap';
import { openCorrections } from './corrections.ts';

t.test('each thing that was put right is counted for itself', async (t) => {
  const corrections = openCorrections();
  const alias = { ifindex: 2, address: '10.77.1.100', prefixLength: 32, label: 'access:nlbs' };
  const back = { change: 'put back', address: '10.77.1.100/32', interface: 'access' };
  t.same(corrections.note({ change: 'add', address: alias }), { ...back, count: 1 });
  t.same(corrections.note({ change: 'add', address: alias }), { ...back, count: 2 });
  const off = { change: 'taken off', address: '10.77.1.100/24', interface: 'server', count: 1 };
  t.same(corrections.note({ change: 'remove', address: { ...alias, prefixLength: 24, label: 'server' } }), off);
  t.same(corrections.all(), [{ ...back, count: 2 }, off]);
});
