import t from 'tap';
import { leaseRefusal } from './renewal.ts';

t.test('a lease is set where none is held, and renewed while it holds', async (t) => {
  t.equal(leaseRefusal(0, 130, 100), undefined);
  t.equal(leaseRefusal(101, 130, 100), undefined);
});

t.test('a lease that has lapsed is not revived, and none is set that is over', async (t) => {
  t.match(leaseRefusal(100, 130, 100), /0 ms after its end/, 'at its end it is over');
  t.match(leaseRefusal(88, 130, 100), /12 ms after its end/);
  t.match(leaseRefusal(0, 100, 100), /0 ms after the end of the one to be set/);
  t.match(leaseRefusal(500, 75, 100), /25 ms after the end of the one to be set/);
});
