import t from 'tap';
import { type SyncShown, showSync } from './show-sync.ts';

const leads: SyncShown = {
  peer: 'nlb2',
  notKept: [],
  beat: null,
  inStep: {
    part: 'leads',
    isInStep: true,
    graceLeftMs: 0,
    records: { logged: 12, kinds: { set: 4, add: 5, del: 1 }, acknowledged: 12, sentAgain: 1, applied: 0 },
    peerLacksServers: false,
    compared: null,
    exceptions: 3,
    slots: { drifting: 0, setting: 0 },
    held: { waiting: 0, released: 9, notReleased: 1, dropped: 1, heldMs: { p50: 0.42, p99: 3, most: 4.06 } },
    link: { sent: { server: 5, access: 0 }, received: { server: 6, access: 2 }, refused: { forged: 1 } },
  },
};
const COMPARED = { agoMs: 19_000, same: 960, different: 0, unanswered: 0, flows: [] };
const row = (shown: SyncShown, name: string) =>
  showSync(shown)
    .split('\n')
    .find((line) => line.startsWith(name))
    ?.slice(12);
const inStep = (shown: Partial<NonNullable<SyncShown['inStep']>>, beat = {}): string | undefined =>
  row({ ...leads, ...beat, inStep: leads.inStep && { ...leads.inStep, ...shown } }, 'in step');

t.test('a node that leads says how far the other is, and what waits', async (t) => {
  t.equal(row(leads, 'in step'), 'nlb2 may take over at any instant');
  t.equal(row(leads, 'records'), '12 logged (4 SET, 5 ADD, 1 DEL of this lead), 12 acknowledged, 1 sent again');
  t.equal(row(leads, 'held'), '0 packets wait; 9 went on after 0.4 ms (p50), 3.0 ms (p99), 4.1 ms at most, 2 did not');
  t.equal(row(leads, 'by server'), '5 datagrams sent, 6 received');
  t.equal(row(leads, 'refused'), '1 datagrams: forged');
  t.equal(row(leads, 'grace'), undefined);
  t.equal(row(leads, 'not kept'), undefined);
  t.match(showSync({ ...leads, notKept: ['http'] }), /not kept +connections placed by their client’s affinity: http\n/);
  t.equal(row(leads, 'waits'), undefined);
  t.match(
    showSync({ ...leads, inStep: leads.inStep && { ...leads.inStep, peerLacksServers: true } }),
    /waits +nlb2 has other/,
  );
  const compared = (found: object) =>
    row({ ...leads, inStep: leads.inStep && { ...leads.inStep, compared: { ...COMPARED, ...found } } }, 'compared');
  t.equal(row(leads, 'compared'), undefined);
  t.equal(compared({}), '19 s ago: 960 connections go to the same server on both nodes');
  t.equal(
    compared({ different: 1, flows: ['tcp a > b'], unanswered: 60 }),
    '19 s ago: 960 connections go to the same server on both nodes; 1 do NOT: tcp a > b; of 60 the other said nothing',
  );
  t.match(showSync({ ...leads, inStep: leads.inStep && { ...leads.inStep, graceLeftMs: 61_000 } }), /grace +61 s left/);
});

t.test('who is not in step is told so, and by whose word', async (t) => {
  t.equal(inStep({ isInStep: false }), 'NO: nlb2 has not acknowledged all that is logged');
  t.equal(inStep({ part: 'joining' }), 'NO: joining nlb2');
  t.equal(inStep({ part: 'neither' }), 'NO: nobody leads whom this node could join');
  t.equal(inStep({ part: 'joined' }), 'NO: nlb2 does not say that this node has all');
  t.equal(
    inStep({ part: 'joined' }, { beat: { saysInStep: true } }),
    'this node may take over from nlb2 at any instant',
  );
  t.equal(showSync({ ...leads, off: 'sync is off' }), 'sync is off');
});
