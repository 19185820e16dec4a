import t from 'tap';
import { numberServers } from './identity.ts';

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
