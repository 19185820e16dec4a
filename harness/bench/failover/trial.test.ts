import t from 'tap';
import { whyDiscarded } from './trial.ts';

t.test('a trial says nothing when the measuring was late, or did not see everything', async (t) => {
  const good = { lateMaxMs: 5, dropped: 0, unseen: 0 };
  const table: [Partial<typeof good>, string | undefined][] = [
    [{}, undefined],
    [{ lateMaxMs: 5.1 }, 'the prober was held up for 5.1 ms'],
    [{ dropped: 1 }, 'the capture lost 1 frames'],
    [{ unseen: 2 }, '2 probes that were sent did not pass the client’s port'],
    // A datagram that was refused goes out again: more on the port than the client counts.
    [{ unseen: -1 }, undefined],
  ];
  for (const [but, expected] of table) t.equal(whyDiscarded({ ...good, ...but }), expected);
});
