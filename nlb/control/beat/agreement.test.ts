import t from 'tap';
import { unheardSince } from '../../pair/peer.ts';
import { heard, settings } from '../../pair/role-play.ts';
import { openAgreement } from './agreement.ts';

t.test('what differs is reported when it begins, when it is something else, and when it is over', async (t) => {
  const notified: (readonly string[])[] = [];
  const agreement = openAgreement((differs) => notified.push(differs));
  const own = { 1: 'aaaaaaaa', 3: 'bbbbbbbb' };
  const look = (digest?: Record<number, string>, primary = false) =>
    agreement.look(own, settings, {
      ...unheardSince(0),
      standing: heard(0, { primary }).from,
      ...(digest && { extension: { digest } }),
    });
  look();
  t.equal(agreement.differs(), null, 'a peer of version 3 does not say');
  look(own);
  t.same([agreement.differs(), notified], [[], []]);
  look({ ...own, 3: 'cccccccc' });
  look({ ...own, 3: 'dddddddd' });
  look({ ...own, 3: 'dddddddd' }, true);
  look();
  t.same(agreement.differs(), ['primary', 'servers'], 'a beat of version 3 in between changes nothing');
  look(own);
  t.same(notified, [['servers'], ['primary', 'servers'], []]);
});
