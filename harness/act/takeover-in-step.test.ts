import t from 'tap';
import { PromiseBroken } from '../clock/until.ts';
import { obeyed } from './takeover-in-step.ts';

const [BEHIND, LATE] = [
  'nlb2 is not in step yet',
  'nlb2 did not acknowledge all within 500 ms: nothing was handed over',
];

/** Refused for these reasons, one after the other, and then obeyed. @returns how often it was given */
async function given(...reasons: string[]): Promise<number> {
  let orders = 0;
  await obeyed('nlb1 has stood by', async () => {
    const why = reasons[orders++];
    if (why !== undefined) throw new PromiseBroken(why, 0);
  });
  return orders;
}

t.test('an order is given again while the other is behind, and once more to who is late', async (t) => {
  t.equal(await given(), 1);
  t.equal(await given(BEHIND, BEHIND, BEHIND), 4);
  t.equal(await given(LATE), 2);
  t.equal(await given(BEHIND, LATE, BEHIND), 4);
  await t.rejects(given(LATE, BEHIND, LATE), { message: /did not acknowledge all/ });
  await t.rejects(given('nlb2 is not there to take over'), { message: /is not there/ });
});
