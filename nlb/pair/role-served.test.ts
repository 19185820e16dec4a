import t from 'tap';
import type { BadlyServed } from './extension.ts';
import { active, heard, play, settings, sound, states, tick } from './role-play.ts';
import type { Event, Facts, Role } from './state.ts';

/** What it does to the lead that one of the two serves better. Both have healthy servers: so both are fit. */
const serves = (dead: number, scarce = 0): BadlyServed => ({ dead, scarce });
const factsAt = (atMs: number, facts: Partial<Facts>): Event => ({
  type: 'FactsChanged',
  atMs,
  facts: { ...sound, ...facts },
});

/** The peer says the same each 10 ms, and this node ticks, from `fromMs` to `untilMs`. */
function hearing(role: Role, [fromMs, untilMs]: [number, number], services: BadlyServed | undefined, targetsMet = 0) {
  const events: Event[] = [];
  for (let atMs = fromMs; atMs <= untilMs; atMs += 10)
    events.push({ ...heard(atMs, { targetsMet }), ...(services && { extension: { services } }) }, tick(atMs + 1));
  return play(role, events);
}

/** An active whose hold-down is long over. */
const led = () => hearing(active(), [50, 1990], serves(0)).role;
const worse = (services: BadlyServed, more: Partial<Facts> = {}) =>
  play(led(), [factsAt(1995, { services, ...more })]).role;

t.test(
  'a leader to which a service is dead makes way for a peer to which fewer are, once that has lasted',
  async (t) => {
    t.same(states(hearing(worse(serves(1)), [2000, 2000 + settings.poorHoldMs - 10], serves(0))), []);
    const { entered } = hearing(worse(serves(1)), [2000, 2000 + settings.poorHoldMs], serves(0));
    t.match(entered, [
      {
        state: 'standby',
        reason:
          'nlb2 serves better: 0 services dead, 0 with half of their servers or less there, ' +
          '1 services dead, 0 with half of their servers or less here',
      },
    ]);
  },
);

t.test(
  'so does one with one healthy server of twenty; a dead service is worse than any number of scarce ones',
  async (t) => {
    const longMs = 2000 + 2 * settings.poorHoldMs;
    t.same(states(hearing(worse(serves(0, 1)), [2000, longMs], serves(0))), ['standby']);
    t.same(states(hearing(worse(serves(0, 9)), [2000, longMs], serves(1))), []);
    t.same(states(hearing(worse(serves(1)), [2000, longMs], serves(0, 9))), ['standby']);
  },
);

t.test(
  'where both see the same, or one a moment before the other, or the peer does not say, nothing moves',
  async (t) => {
    t.same(states(hearing(worse(serves(1)), [2000, 4000], serves(1))), []);
    t.same(states(hearing(worse(serves(1)), [2000, 4000], undefined)), [], 'a peer of version 3');
    const first = hearing(worse(serves(1)), [2000, 2300], serves(0)).role;
    const then = hearing(first, [2310, 2400], serves(1)).role;
    t.same(states(hearing(then, [2410, 2800], serves(0))), [], 'the while begins anew');
  },
);

t.test('reach targets come first', async (t) => {
  const met = { targets: { fw: true } };
  t.same(states(hearing(worse(serves(1), met), [2000, 4000], serves(0), 0)), []);
  t.same(states(hearing(worse(serves(1), met), [2000, 4000], serves(0), 1)), ['standby']);
  t.same(states(hearing(worse(serves(0), { targets: { fw: false, router: true } }), [2000, 4000], serves(3), 2)), [
    'standby',
  ]);
});
