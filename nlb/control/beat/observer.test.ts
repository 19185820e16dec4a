import t from 'tap';
import { step } from '../../pair/role.ts';
import { heard, settings, settled, tick } from '../../pair/role-play.ts';
import type { Event } from '../../pair/state.ts';
import { openObserver } from './observer.ts';
import type { PathChange } from './path-watch.ts';

/** A standby that hears beats by both paths until 100 ms, and then only what is given, besides its own ticks. */
function play(then: (atMs: number) => Event[], leaseMs = settings.leaseMs): PathChange[] {
  const found: PathChange[] = [];
  const witness = openObserver(settings, (change) => found.push(change));
  let role = settled();
  for (let atMs = 45; atMs <= 400; atMs += 5) {
    const beat = atMs <= 100;
    if (beat) for (const path of ['access', 'server'] as const) witness.beatCame(path, atMs);
    for (const event of [...(beat ? [heard(atMs, { state: 'active', leaseMs })] : then(atMs)), tick(atMs)]) {
      const before = role;
      const { role: after, entered } = step(before, event, settings);
      role = after;
      witness.stepped({ event, before, after, entered });
    }
  }
  return found;
}

const answer = (atMs: number): Event => ({ type: 'AddressAnswered', atMs, mac: '02:00:00:00:00:02' });
const ask = (atMs: number): Event => ({ type: 'AddressAsked', atMs });

t.test('answers for the address prove a live peer, and both paths silent', async (t) => {
  t.match(
    play((atMs) => [answer(atMs)]),
    [
      { path: 'access', faulty: true, provedBy: 'address answered' },
      { path: 'server', faulty: true, provedBy: 'address answered' },
    ],
  );
  t.match(
    play((atMs) => [ask(atMs)]),
    [{ provedBy: 'address asked' }, { provedBy: 'address asked' }],
  );
});

t.test('answers that a dead or stalled daemon leaves behind prove nothing of the paths', async (t) => {
  t.same(
    play((atMs) => [answer(atMs)], 1000),
    [],
    'all of them within its lease',
  );
  t.same(
    play(() => []),
    [],
  );
});

t.test('where the host refuses beats no path is to blame', async (t) => {
  const refuses = (atMs: number): Event[] => [{ type: 'Refused', atMs }, answer(atMs)];
  t.same(play(refuses), []);
});
