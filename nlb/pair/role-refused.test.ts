import t from 'tap';
import { nextTickInMs } from './role.ts';
import { count, play, settings, standby, states, tick } from './role-play.ts';
import type { Event, Step } from './state.ts';

/** What a standby makes of refusals, which anybody can forge. The last beat came at 5 ms. */
const REFUSED: Event = { type: 'Refused', atMs: 6 };
const HEARD_AT_MS = 5;
const { deadAfterMs, leaseMs, intervalMs } = settings;

/** Whether the peer's host has answered for its own address just before a tick, where it was asked or was not. */
type Host = (atMs: number, isAsked: boolean) => boolean;

function untilItLeads(refusals: readonly Event[], host: Host): Step & { afterMs: number } {
  let last = play(standby(), refusals);
  let atMs = last.role.tickedAtMs;
  while (last.role.state.name === 'standby' && atMs < 1000) {
    atMs += nextTickInMs(last.role, settings);
    const isPresent = host(atMs, last.effects.includes('askPeer'));
    const present: Event[] = isPresent ? [{ type: 'PeerPresent', atMs: atMs - 0.1 }] : [];
    last = play(last.role, [...present, tick(atMs)]);
  }
  return { ...last, afterMs: atMs - HEARD_AT_MS };
}

const answers: Host = (_, isAsked) => isAsked;
const unasked: Host = () => true;
const never: Host = () => false;
const untilItBroke: Host = (atMs) => atMs < HEARD_AT_MS + leaseMs - 2;
const nowAndThen: Host = (atMs) => Math.round(atMs / (intervalMs / 4)) % 3 > 0;

t.test('where beats are refused, and the host is there to do so, the lease is all that has to pass', async (t) => {
  const { afterMs, entered } = untilItLeads([REFUSED], answers);
  t.match(entered, [{ state: 'active', reason: /its host refuses beats/ }]);
  t.ok(afterMs > leaseMs && afterMs < deadAfterMs, `${afterMs} ms after the last beat`);
});

t.test('a host that was there all the while need not be asked anew when its refusal comes last', async (t) => {
  let { role, effects } = play(standby(), []);
  for (let atMs = 10; atMs < HEARD_AT_MS + leaseMs + 5; atMs += nextTickInMs(role, settings)) {
    const present: Event[] = effects.includes('askPeer') ? [{ type: 'PeerPresent', atMs }] : [];
    ({ role, effects } = play(role, [...present, tick(atMs)]));
  }
  t.equal(role.state.name, 'standby');
  const refused = { type: 'Refused', atMs: role.tickedAtMs + 1 } as const;
  const present = { type: 'PeerPresent', atMs: role.tickedAtMs + 1 } as const;
  const last = play(role, [refused, present, tick(role.tickedAtMs + intervalMs / 4)]);
  t.match(last.entered, [{ state: 'active' }]);
  t.ok(last.role.sinceMs - HEARD_AT_MS < deadAfterMs);
});

t.test('a refusal alone, which may be forged, shortens nothing, and neither does a host alone', async (t) => {
  for (const [what, refusals, host] of [
    ['nothing of either', [], never],
    ['a refusal alone', [REFUSED], never],
    ['a host alone', [], unasked],
    ['a host that was there before the network broke', [REFUSED], untilItBroke],
    ['a host that answers now and then', [REFUSED], nowAndThen],
  ] as const) {
    const { afterMs, role } = untilItLeads(refusals, host);
    t.equal(role.state.name, 'active');
    t.ok(afterMs >= deadAfterMs && afterMs <= deadAfterMs + intervalMs, `${what}: ${afterMs} ms`);
  }
});

t.test('a host that answers says nothing of the time in which this node stalled', async (t) => {
  const events = [REFUSED, ...[10, 20].flatMap((atMs): Event[] => [tick(atMs), { type: 'PeerPresent', atMs }])];
  const stalled = play(standby(), [...events, tick(120), { type: 'PeerPresent', atMs: 121 }, tick(122.5)]);
  t.equal(stalled.role.peer.presences, 1);
  t.ok(count(stalled.effects, 'askPeer') > 0);
  t.same(states(stalled), []);
});
