import t from 'tap';
import { step } from '../../pair/role.ts';
import { active, answered, heard, play, settings, settled, tick, ticked } from '../../pair/role-play.ts';
import type { Event, Role } from '../../pair/state.ts';
import { type Change, type Evidence, explain, type Seen, see } from './evidence.ts';
import { type PathWatch, watchPaths } from './path-watch.ts';

/** Steps through events as the beat thread does, and explains every change of state. */
function tell(start: Role, events: readonly Event[], seenBefore: Seen = {}, watch = watchPaths()): Change[] {
  let [role, seen]: [Role, Seen] = [start, seenBefore];
  return events.flatMap((event) => {
    seen = see(seen, role, event);
    const before = role;
    const { role: after, entered } = step(before, event, settings);
    role = after;
    return explain({ before, after, entered }, seen, watch, settings);
  });
}

const ticks = (fromMs: number, untilMs: number, everyMs: number): Event[] =>
  Array.from({ length: Math.floor((untilMs - fromMs) / everyMs) + 1 }, (_, i) => tick(fromMs + i * everyMs));
const by = (access?: number, server?: number): PathWatch => {
  const path = (heardAtMs?: number) => ({ steadySinceMs: 0, ...(heardAtMs !== undefined && { heardAtMs }) });
  return { aliveSinceMs: 0, aliveAtMs: 0, paths: { access: path(access), server: path(server) } };
};

t.test(
  'a takeover after silence names the missed beats, the questions, and since when nobody was known to hold',
  async (t) => {
    const [change, ...more] = tell(
      settled(),
      [heard(100, { state: 'active' }), ...ticks(105, 160, 2.5)],
      {},
      by(100, 73.25),
    );
    t.match(change, {
      state: 'active',
      previous: 'standby',
      reason: /silent for 40 ms/,
      atMs: 140,
      previousMs: 135,
      lost: { withoutHolderMs: 40, lastProof: 'beat' },
      evidence: {
        self: { ready: true, healthyServers: 2, downLinks: [] },
        peer: {
          standing: { state: 'active' },
          silentMs: 40,
          hostRefuses: false,
          paths: { access: { lastBeatMs: 40, missed: 4 }, server: { lastBeatMs: 66.75, missed: 6 } },
        },
        address: { answeredBy: null, answeredMs: null },
      } satisfies DeepPartial<Evidence>,
    });
    t.ok((change?.evidence.address.unanswered ?? 0) >= 3);
    t.same(more, []);
  },
);

t.test('an answer for the address is a proof of its holder, and who gave it is kept', async (t) => {
  const events = [heard(100, { state: 'active' }), ...ticks(105, 135, 2.5), answered(136), ...ticks(137.5, 260, 2.5)];
  const [change] = tell(settled(), events);
  t.match(change, {
    state: 'active',
    lost: { withoutHolderMs: (change?.atMs ?? 0) - 136, lastProof: 'answer' },
    evidence: { address: { answeredBy: '02:00:00:00:00:02', answeredMs: (change?.atMs ?? 0) - 136 } },
  });
});

t.test('a host that refuses beats is distinguished from one that is silent', async (t) => {
  const events: Event[] = [heard(100, { state: 'active' }), { type: 'Refused', atMs: 102 }, ...ticks(105, 140, 2.5)];
  t.match(tell(settled(), events), [{ state: 'active', evidence: { peer: { hostRefuses: true } } }]);
});

t.test('a handover costs the time from the last beat of the one who led', async (t) => {
  const [change] = tell(settled(), [
    tick(70),
    heard(100, { state: 'active' }),
    heard(104, { state: 'standby', resigned: true }),
    ...ticks(105, 130, 2.5),
  ]);
  t.match(change, {
    state: 'active',
    reason: /resigned/,
    lost: { withoutHolderMs: (change?.atMs ?? 0) - 100, lastProof: 'beat' },
    evidence: { peer: { standing: { resigned: true } } },
  });
});

t.test(
  'a lost lease tells how late the node woke, and what came after it in the same step how short that was',
  async (t) => {
    const start = ticked(active(), 200).role;
    const leaseEndsMs = start.state.name === 'active' ? start.state.leaseEndsMs : 0;
    const changes = tell(start, [heard(1500.5, { state: 'active' })]);
    t.match(changes, [
      { state: 'initial', previous: 'active', lost: { leaseOverMs: 1500.5 - leaseEndsMs } },
      { state: 'standby', previous: 'initial', previousMs: 0 },
    ]);
    t.notOk('lost' in (changes[1] ?? {}));
  },
);

t.test('who took the lead back counts from the end of its own lease', async (t) => {
  const start = ticked(active(), 200).role;
  const leaseEndsMs = start.state.name === 'active' ? start.state.leaseEndsMs : 0;
  const change = tell(start, ticks(1500, 2500, 2.5)).at(-1);
  t.match(change, {
    state: 'active',
    previous: 'initial',
    lost: { withoutHolderMs: (change?.atMs ?? 0) - leaseEndsMs, lastProof: 'own lease' },
  });
});

t.test('who takes the lead says whether it was in step, by the last word of the one that led', async (t) => {
  const says = (atMs: number, isPeerInStep?: boolean): Event => ({
    ...heard(atMs, { state: 'active' }),
    ...(isPeerInStep !== undefined && { extension: { sync: { reign: 1, isPeerInStep, isForced: false } } }),
  });
  const silence = ticks(105, 160, 2.5);
  const [resigned, answer] = [heard(101, { state: 'standby', resigned: true }), answered(130)];
  const table: [name: string, start: Role, events: Event[], wasInStep: boolean | null][] = [
    ['in step', settled(), [says(100, true), ...silence], true],
    ['not yet', settled(), [says(90, true), says(100, false), ...silence], false],
    ['handed over', settled(), [says(100, true), resigned, ...silence], true],
    ['somebody answers for a while', settled(), [says(100, true), answer, ...ticks(132, 260, 2.5)], true],
    ['the peer takes no part any more', settled(), [says(90, true), says(100), ...silence], null],
    ['it led itself, last', settled(), [says(100, true), ...silence, ...ticks(1500, 2500, 2.5)], null],
  ];
  for (const [name, start, events, wasInStep] of table)
    t.match(tell(start, events).findLast(({ state }) => state === 'active')?.lost, { wasInStep }, name);
});

t.test('leaving the lead in order costs nothing, and a first lead has no proof before it', async (t) => {
  const standBy: Event = { type: 'AskedToStandBy', atMs: 201 };
  const [change] = tell(play(ticked(active(), 200).role, [heard(200)]).role, [standBy]);
  t.match(change, { state: 'standby', reason: 'asked to stand by' });
  t.notOk('lost' in (change ?? {}));
  t.match(tell(settled(), [heard(100, { state: 'inop', fitness: 'out' }), ...ticks(105, 300, 2.5)]), [
    { state: 'active', lost: { withoutHolderMs: null, lastProof: null } },
  ]);
});

type DeepPartial<T> = T extends object ? { [Key in keyof T]?: DeepPartial<T[Key]> } : T;
