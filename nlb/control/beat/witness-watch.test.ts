import t from 'tap';
import { play, settings, standby, tick } from '../../pair/role-play.ts';
import type { Role } from '../../pair/state.ts';
import { named, nobody, type Witness } from '../../pair/witness.ts';
import { watchWitness } from './witness-watch.ts';

const MAC = '02:00:00:00:00:0b';

/** What is asked in ticks of 10 ms, of a node that is in peace all the while, or in need. */
function asked(witness: Witness, role: Role, untilMs: number): Record<string, number> {
  const counts: Record<string, number> = {};
  const askInPeace = (whom: string) => {
    counts[whom] = (counts[whom] ?? 0) + 1;
  };
  const watch = watchWitness({ witness: () => witness, askInPeace }, () => {});
  for (let atMs = 0; atMs < untilMs; atMs += 10) watch.ticked(role, settings, atMs);
  return counts;
}

const suspicious = () => play(standby(), [10, 20, 30].map(tick)).role;

t.test('a standby asks the leader once a second, and who that is until a beat has named it', async (t) => {
  t.same(asked(named(MAC), standby(), 5000), { witness: 5 });
  t.same(asked({ mac: MAC, named: false }, standby(), 5000), { witness: 5, 'who it is': 5 });
  t.same(asked(nobody, standby(), 5000), { 'who it is': 5 });
});

t.test('while the peer is silent nobody is asked in peace, and whoever answers then becomes no witness', async (t) => {
  t.same(asked(named(MAC), suspicious(), 5000), {});
  t.same(asked({ mac: MAC, named: false }, suspicious(), 5000), {});
  t.same(asked(nobody, suspicious(), 5000), { 'who it is': 5 }, 'but where none is known');
});

t.test('a beat that is late now and then hides no witness that does not answer', async (t) => {
  const changes: unknown[] = [];
  const watch = watchWitness({ witness: () => named(MAC), askInPeace: () => {} }, (change) => changes.push(change));
  const late = suspicious();
  for (let atMs = 0; atMs < 5000; atMs += 10) watch.ticked(atMs % 500 === 0 ? late : standby(), settings, atMs);
  t.match(changes, [{ mac: MAC, answers: false, unanswered: 3 }]);
});

t.test('the status says who the witness is, and how that is known', async (t) => {
  const statusOf = (witness: Witness) =>
    watchWitness({ witness: () => witness, askInPeace: () => {} }, () => {}).status(0);
  t.same(statusOf(nobody), { mac: null, knownBy: null, silentForMs: null });
  t.same(statusOf(named(MAC)), { mac: MAC, knownBy: 'beat', silentForMs: null });
  t.same(statusOf({ mac: MAC, named: false }), { mac: MAC, knownBy: 'arp', silentForMs: null });
});
