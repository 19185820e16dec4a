import t from 'tap';
import { numberServers, openServerNumbers } from './identity.ts';

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

const SERVERS = [
  { name: 'a', address: '10.77.2.21' },
  { name: 'b', address: '10.77.2.22' },
];
const looked = (...kept: boolean[]) => SERVERS.map(({ address }, index) => ({ address, kept: kept[index] === true }));

t.test('a server that is back after it was gone has a number that nobody had, as long as there are any', async (t) => {
  const numbers = openServerNumbers(SERVERS, [{ id: 1, address: '10.77.2.21', kept: true }], 5);
  const ids = () => Object.fromEntries(numbers.ids());
  t.same(ids(), { a: 1, b: 0 });
  t.notOk(numbers.look(looked(true, false)), 'b was never there');
  t.notOk(numbers.look(looked(true, true)));
  t.notOk(numbers.look(looked(false, true)), 'gone');
  t.ok(numbers.look(looked(true, true)), 'back');
  t.same(ids(), { a: 2, b: 0 });
  for (const other of [3, 4, 1]) {
    numbers.look(looked(false, true));
    numbers.look(looked(true, true));
    t.same(ids(), { a: other, b: 0 });
  }
  numbers.use([...SERVERS].reverse());
  t.same(ids(), { a: 1, b: 0 }, 'a reload changes nothing');
});
