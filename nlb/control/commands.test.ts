import t from 'tap';
import type { BeatHandle } from './beat/handle.ts';
import type { BeatStatus, SyncStatus } from './beat/messages.ts';
import { type CommandParts, openCommands } from './commands.ts';

/** A beat thread in name only: it notes what it is asked, and is in these states one after the other. */
function open(states: [own: string, peer: string, sync?: Partial<SyncStatus>][], whyNotGranted?: string) {
  const asked: unknown[][] = [];
  const beat: Pick<BeatHandle, 'request' | 'status'> = {
    request: async (...what) => {
      asked.push(what);
      return { status: {} as BeatStatus, ...(whyNotGranted !== undefined && { whyNotGranted }) };
    },
    status: async () => {
      const [state, peer, sync] = (states.length > 1 ? states.shift() : states[0]) ?? [];
      return { state, peer: { name: 'nlb2', state: peer }, sync: sync ?? null } as BeatStatus;
    },
  };
  return { asked, handle: openCommands({ beat } as CommandParts) };
}

t.test('a handover is forced where that is said, and by nothing else', async (t) => {
  const cases: [string, Record<string, unknown>, unknown[]][] = [
    ['takeover', {}, ['lead', undefined]],
    ['takeover', { force: true }, ['lead', true]],
    ['takeover', { force: 'no' }, ['lead', undefined]],
    ['standby', { force: true }, ['standBy', true]],
    ['standby', { force: 1 }, ['standBy', undefined]],
  ];
  for (const [command, parameters, expected] of cases) {
    const { asked, handle } = open([command === 'takeover' ? ['active', 'standby'] : ['standby', 'active']]);
    t.match(await handle(command, parameters), { ok: true });
    t.same(asked, [expected], `${command} ${JSON.stringify(parameters)}`);
  }
});

t.test('a refusal is the answer, at once or when the log could not be completed', async (t) => {
  const refused = open([['active', 'standby']], 'nlb2 is not in step yet');
  t.same(await refused.handle('standby', {}), { ok: false, error: 'nlb2 is not in step yet' });
  const whyKept = 'nlb2 did not acknowledge';
  const kept = open([
    ['active', 'standby', { isCompleting: true, whyKept: null }],
    ['active', 'standby', { isCompleting: false, whyKept }],
  ]);
  const beganMs = performance.now();
  t.same(await kept.handle('standby', {}), { ok: false, error: whyKept });
  t.ok(performance.now() - beganMs < 1000, 'without waiting for what does not come');
});

t.test('a request without effect says whether this node is behind', async (t) => {
  const behind = open([['standby', 'active', { peerReign: 5, saysInStep: false }]]);
  t.match(await behind.handle('takeover', {}), {
    ok: false,
    error: /this node is standby, nlb2 is active, and does not say that this node is in step$/,
  });
  const inStep = open([['standby', 'active', { peerReign: 5, saysInStep: true }]]);
  t.match(await inStep.handle('takeover', {}), { ok: false, error: /this node is standby, nlb2 is active$/ });
});
