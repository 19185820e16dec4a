import t from 'tap';
import { whyNotRenewable } from './renewal.ts';

t.test('a lease is set where none is held, and renewed while it holds', async (t) => {
  t.equal(whyNotRenewable(0, 130, 100), undefined);
  t.equal(whyNotRenewable(101, 130, 100), undefined);
});

t.test('a lease that has lapsed is not revived, and none is set that is over', async (t) => {
  t.match(whyNotRenewable(100, 130, 100), /0 ms after its end/, 'at its end it is over');
  t.match(whyNotRenewable(88, 130, 100), /12 ms after its end/);
  t.match(whyNotRenewable(0, 100, 100), /0 ms after the end of the one to be set/);
  t.equal(whyNotRenewable(0, 130, 100, 100), undefined);
  t.match(
    whyNotRenewable(0, 130, 107, 100),
    /7 ms after it should have been taken/,
    'the peer may have asked meanwhile',
  );
  t.equal(whyNotRenewable(110, 130, 107, 100), undefined, 'that is of the first one alone');
  t.match(whyNotRenewable(500, 75, 100), /25 ms after the end of the one to be set/);
});
