import t from 'tap';
import { active, heard, play, settings, sound, standby } from '../../pair/role-play.ts';
import type { Event, Facts, Role } from '../../pair/state.ts';
import { composeBeatStatus } from './beat-status.ts';

/** What the status says of sync. */
const REIGN = 77;
const factsAre = (sync: Facts['sync']): Event => ({
  type: 'FactsChanged',
  atMs: 46,
  facts: { ...sound, ...(sync && { sync }) },
});
const hears = (state: 'active' | 'standby', isPeerInStep: boolean, reign = 0): Event => ({
  ...heard(47, { state }),
  extension: { sync: { reign, isPeerInStep, isForced: false } },
});

function syncOf(role: Role, isThere = true) {
  const nothing = { status: () => undefined };
  return composeBeatStatus({
    role,
    settings,
    nowMs: 50,
    leaseLeftNs: { answer: 0n, forward: 0n },
    paths: [],
    counts: { heard: 0, missed: 0, refused: {} },
    observer: { lastHeardMs: nothing.status, faultyPaths: () => [], answeredBy: nothing.status },
    agreement: { differs: () => null },
    witness: { mac: null, knownBy: null, silentForMs: null },
    conflicts: [],
    ...(isThere && { sync: { reign: () => REIGN } }),
    realTime: { granted: true },
    worstLateMs: 0,
  }).sync;
}

const nothing = { takesPart: false, reign: 0, peerReign: 0, isPeerInStep: false, saysInStep: false };
const atRest = { ...nothing, isCompleting: false, whyKept: null };

t.test(
  'a leader names its reign and whether its standby is in step; what it is about to do, and why it did not',
  async (t) => {
    const led = play(active(), [factsAre({ isPeerInStep: true }), hears('standby', true)]).role;
    const leads = { ...atRest, takesPart: true, reign: REIGN, isPeerInStep: true };
    t.same(syncOf(led), leads);
    const going = play(led, [{ type: 'AskedToStandBy', atMs: 48 }]).role;
    t.same(syncOf(going), { ...leads, isCompleting: true });
    const stayed = play(going, [{ type: 'LogCompleted', atMs: 49, isInStep: false }]).role;
    t.match(syncOf(stayed), { ...leads, whyKept: /^nlb2 is not in step yet/ });
  },
);

t.test('a standby names what its leader says', async (t) => {
  const following = (isPeerInStep: boolean) =>
    play(standby(), [factsAre({ isPeerInStep: true }), hears('active', isPeerInStep, 5)]).role;
  t.same(syncOf(following(false)), { ...atRest, takesPart: true, peerReign: 5 });
  t.same(syncOf(following(true)), { ...atRest, takesPart: true, peerReign: 5, saysInStep: true });
});

t.test('who takes no part says so; where there is no sync thread nothing is said', async (t) => {
  t.same(syncOf(standby()), atRest);
  t.equal(syncOf(standby(), false), null);
});
