import t from 'tap';
import { atWork, type HungMain, type Look, lookAtMain } from './hung-main.ts';

const SETTINGS = { staleAfterMs: 3000, intervalMs: 10 };

/** Looks every 10 ms, up to and including `untilMs`; what was done, and when. */
function looked(untilMs: number, at: (atMs: number) => Partial<Look> & { heard?: true }) {
  let main: HungMain = atWork;
  const acts: [number, string][] = [];
  for (let atMs = 10; atMs <= untilMs; atMs += 10) {
    const { heard, ...said } = at(atMs);
    if (heard) main = { ...main, silentMs: 0 };
    const look = { atMs, listenedMs: 10, signalled: false, peerLeads: false, isCompleting: false, ...said };
    const next = lookAtMain(main, look, SETTINGS);
    main = next.main;
    if (next.act) acts.push([atMs, next.act]);
    if (next.act === 'end') break;
  }
  return acts;
}

t.test('a main thread that hangs is no reason to end without a signal', async (t) => {
  t.same(
    looked(10_000, () => ({})),
    [],
  );
});

t.test('a main thread that talks ends the process itself, however long that takes', async (t) => {
  t.same(
    looked(10_000, (atMs) => ({ signalled: atMs === 100, ...(atMs % 100 === 0 && { heard: true }) })),
    [],
  );
});

t.test(
  'where it hangs, a signal lets go of the lead; the process ends when the peer has led for a while',
  async (t) => {
    t.same(
      looked(10_000, (atMs) => ({ signalled: atMs === 100, peerLeads: atMs >= 3050 })),
      [
        [3010, 'let go'],
        [3200, 'end'],
      ],
    );
  },
);

t.test('and after the usual wait where nobody takes over', async (t) => {
  t.same(
    looked(10_000, (atMs) => ({ signalled: atMs === 5000 })),
    [
      [5000, 'let go'],
      [5300, 'end'],
    ],
  );
});

t.test('one that completes its log waits from when it lets go', async (t) => {
  t.same(
    looked(10_000, (atMs) => ({ signalled: atMs === 5000, isCompleting: atMs <= 5400 })),
    [
      [5000, 'let go'],
      [5700, 'end'],
    ],
  );
});

t.test('a stall of the whole process is no silence of its main thread', async (t) => {
  t.same(
    looked(2000, (atMs) => ({ signalled: atMs === 100, ...(atMs > 100 && { listenedMs: 1 }) })),
    [],
  );
});
