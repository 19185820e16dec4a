import t from 'tap';
import type { FromSync, ToSync } from '../../in-step/beat-messages.ts';
import type { StateName } from '../../pair/beat.ts';
import type { Entry } from '../../pair/state.ts';
import { openSyncPort } from './sync-port.ts';

/** A sync thread in name only: what it was told, and what the beat thread makes of its words. */
function open() {
  const posted: ToSync[] = [];
  const heard: unknown[] = [];
  let say: (message: FromSync) => void = () => undefined;
  const port = {
    postMessage: (message: ToSync) => posted.push(message),
    on: (_: string, listener: (message: FromSync) => void) => {
      say = listener;
    },
  };
  const sync = openSyncPort(port as unknown as Parameters<typeof openSyncPort>[0], {
    changed: (facts) => heard.push(facts),
    logCompleted: (isInStep) => heard.push(isInStep),
  });
  const enters = (...states: StateName[]) => {
    const entered = states.map((state): Entry => ({ state, previous: 'initial', reason: '', atMs: 0 }));
    sync.drawReign(entered);
    sync.entered(entered);
  };
  return { sync, posted, heard, enters, say: (message: FromSync) => say(message) };
}

t.test('each state that is entered is said, and each lead by a reign that no other has', async (t) => {
  const { sync, posted, enters } = open();
  enters('standby');
  enters('active');
  const first = sync.reign();
  enters('initial', 'standby');
  enters('active');
  const second = sync.reign();
  t.same(posted, [
    { type: 'entered', state: 'standby', reign: 0 },
    { type: 'entered', state: 'active', reign: first },
    { type: 'entered', state: 'initial', reign: 0 },
    { type: 'entered', state: 'standby', reign: 0 },
    { type: 'entered', state: 'active', reign: second },
  ]);
  t.ok(first >= 1 && first < 2 ** 48 && second >= 1 && second < 2 ** 48);
  t.not(first, second);
});

t.test("the peer's reign is said when it is another", async (t) => {
  const { sync, posted } = open();
  for (const reign of [0, 0, 5, 5, 0]) sync.peerReign(reign);
  t.same(posted, [
    { type: 'peer', reign: 5 },
    { type: 'peer', reign: 0 },
  ]);
});

t.test('whether the peer is in step counts while this node takes part, and of this lead alone', async (t) => {
  const { sync, heard, enters, say } = open();
  enters('active');
  const reign = sync.reign();
  say({ type: 'inStep', reign, isPeerInStep: true });
  say({ type: 'takesPart', takesPart: true });
  enters('standby');
  enters('active');
  say({ type: 'inStep', reign, isPeerInStep: true });
  say({ type: 'inStep', reign: sync.reign(), isPeerInStep: true });
  say({ type: 'takesPart', takesPart: false });
  t.same(heard, [undefined, { isPeerInStep: true }, { isPeerInStep: false }, { isPeerInStep: true }, undefined]);
});

t.test('an answer counts for the last attempt to complete the log', async (t) => {
  const { sync, posted, heard, say } = open();
  sync.run('completeLog');
  sync.run('keepLog');
  sync.run('completeLog');
  t.same(posted, [{ type: 'completeLog', attempt: 1 }, { type: 'keepLog' }, { type: 'completeLog', attempt: 2 }]);
  say({ type: 'logCompleted', attempt: 1, isInStep: true });
  t.same(heard, []);
  say({ type: 'logCompleted', attempt: 2, isInStep: false });
  t.same(heard, [false]);
});

t.test('without a sync thread a lead has its reign all the same, and nobody is spoken to', async (t) => {
  const sync = openSyncPort(undefined, { changed: () => t.fail(), logCompleted: () => t.fail() });
  const lead: Entry = { state: 'active', previous: 'initial', reason: '', atMs: 0 };
  sync.drawReign([lead]);
  sync.entered([lead]);
  sync.peerReign(7);
  sync.run('completeLog');
  t.ok(sync.reign() > 0);
});
