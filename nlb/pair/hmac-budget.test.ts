import t from 'tap';
import { openHmacBudget } from './hmac-budget.ts';
import { acquainted, active, beatTo, deliver, startNlb1 } from './test-conversation.ts';

t.test(
  'so many are proved in ten milliseconds, of the peer and of unverified boots, and then as many again',
  async (t) => {
    const proofs = openHmacBudget();
    const proved = (who: 'peer' | 'unverified', atMs: number) =>
      Array.from({ length: 1000 }, () => proofs.spend(who, atMs)).filter(Boolean).length;
    t.same([proved('unverified', 0), proved('unverified', 9.9), proved('unverified', 10)], [32, 0, 32]);
    t.same([proved('peer', 10), proved('peer', 19), proved('peer', 20)], [256, 0, 256]);
  },
);

t.test('a flood of beats of a start that is not known takes no proof from the peer', async (t) => {
  const [nlb1, nlb2] = acquainted();
  const unverifiedBoots = Array.from({ length: 1000 }, () => startNlb1([Buffer.alloc(32, 9)]).beat(active, 0));
  for (const { access } of unverifiedBoots) nlb2.receive('access', access, 50);
  t.match(nlb2.counts.refused, { forged: 32, 'too many': 968 });
  t.ok(beatTo(nlb1, nlb2, active, 50));
});

t.test('what was heard before is known without a proof, however often it comes', async (t) => {
  const [nlb1, nlb2] = acquainted();
  const beat = nlb1.beat(active, 0);
  deliver(nlb2, beat, 100);
  const before = { ...nlb2.counts.refused };
  for (let time = 0; time < 1000; time++) deliver(nlb2, beat, 100);
  t.equal((nlb2.counts.refused.replayed ?? 0) - (before.replayed ?? 0), 2000);
  t.equal(nlb2.counts.refused['too many'], undefined);
  const forged = Buffer.concat([beat.access.subarray(0, -1), Buffer.of(0)]);
  t.same(nlb2.receive('access', forged, 100), { rejected: 'replayed' }, 'and may be forged as well');
});
