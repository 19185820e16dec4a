import t from 'tap';
import { counted, OVER, shown, told, udp, watched } from './literal-history.ts';
import { countedByReason, DROPPED, noneRefusedAs, REFUSED, refusedMost } from './refused.ts';

const SEEN = watched('frames', 'access');
const FORGER = '02:00:00:00:00:01';
const PEER = '02:00:00:00:00:0c';
const port = (node: string) => ({ lan: 'access', node, leg: 'access' });
const datagram = (atMs: number, source = FORGER) =>
  udp(
    { atMs, from: port('fw1'), to: [port('nlb1')] },
    { source, destination: '02:00:00:00:00:0b' },
    {
      source: '10.77.1.12',
      sourcePort: 4694,
      destination: '10.77.1.11',
      destinationPort: 4694,
    },
  );

const three = [20, 30, 40].flatMap((atMs) => datagram(atMs));
const before = [counted(10, 'nlb1', REFUSED, { forged: 5 }), counted(10, 'nlb1', DROPPED, { all: 1 })];
const after = (refused: Record<string, number>, all = 1) => [
  counted(50, 'nlb1', REFUSED, refused),
  counted(50, 'nlb1', DROPPED, { all }),
];

t.test('nothing was refused for a reason, by the last count', async (t) => {
  const none = noneRefusedAs({ node: 'nlb1', reasons: ['version', 'malformed'] });
  t.match(
    told(none, counted(10, 'nlb1', REFUSED, { unproven: 2, version: 0 })),
    'pass: nlb1 refused nothing as version, malformed',
  );
  t.match(told(none, counted(10, 'nlb1', REFUSED, { version: 1, unproven: 2 })), 'fail: nlb1 refused 1 as version');
  t.match(
    told(none, counted(10, 'nlb2', REFUSED, { version: 1 }), counted(9, 'nlb1', DROPPED, { all: 1 })),
    /^unknown/,
  );
  const none2 = counted(10, 'nlb1', REFUSED, { version: 1, malformed: 2 });
  t.match(told(none, none2), /^fail: nlb1 refused 1 as version, 2 as malformed$/);
  t.same(shown(none, counted(10, 'nlb1', REFUSED, {})), ['counted 10']);
  t.match(told(none), /^unknown: nlb1 was not asked for its counts$/);
});

t.test('every forgery that came is counted under a reason that fits it', async (t) => {
  const sent = [
    { reasons: ['forged'], count: 1 },
    { reasons: ['replayed', 'stale'], count: 2 },
  ];
  const right = countedByReason({ node: 'nlb1', ports: [port('nlb1')], sources: [FORGER], port: 4694, sent });
  const good = [SEEN, three, before].flat();
  const all = { forged: 6, replayed: 1, stale: 1 };
  t.match(
    told(right, good, after(all), OVER),
    'pass: nlb1 refused: forged 1 of 1, replayed or stale 2 of 2; 0 had no room',
  );
  t.match(told(right, good, datagram(25, PEER), after(all), OVER), /^pass/, 'the peer’s own are none of them');
  t.match(told(right, good, after({ forged: 7, replayed: 1, stale: 1 }), OVER), /^fail: .* forged 2 of 1/);
  t.match(told(right, good, after({ forged: 6, stale: 1 }), OVER), /^fail: .* replayed or stale 1 of 2; 0 had no room/);
  t.match(told(right, good, after({ forged: 6, stale: 1 }, 2), OVER), /^pass: .* 1 of 2; 1 had no room/);
  t.match(told(right, good, after({ forged: 6, stale: 1, foreign: 1 }), OVER), /^fail: nlb1 refused 1 as foreign/);
  t.match(told(right, SEEN, three.slice(2), before, after(all), OVER), /^unknown: 2 of 3 forgeries reached nlb1/);
  t.match(told(right, SEEN, three, after(all), OVER), /^unknown: nlb1 was not asked/);
  t.match(told(right, SEEN, three, before, OVER), /^unknown: nlb1 was not asked/);
  t.match(told(right, good, after(all).slice(0, 1), OVER), /^unknown: nlb1 was not asked/, 'nor the kernel');
  t.match(
    told(right, good, counted(30, 'nlb1', REFUSED, { forged: 90 }), after(all), OVER),
    /^pass/,
    'the last counts',
  );
  const earlier = [SEEN, three, counted(10, 'nlb1', REFUSED, { forged: 5, foreign: 3 }), before.slice(1)].flat();
  t.match(told(right, earlier, after({ ...all, foreign: 3 }), OVER), /^pass/, 'what was refused before');
  t.match(told(right, good, after({ forged: 6, stale: 1, 'too many': 1 }), OVER), /^pass: .* 1 were too many/);
  t.same(shown(right, SEEN, three.slice(2), before, after(all), OVER), ['frame 30.01']);
  t.same(
    [REFUSED, DROPPED],
    ['refused heartbeats', 'dropped at the heartbeat’s sockets'],
    'as stored histories have it',
  );
  t.match(told(right, three, before, after(all), OVER), /^unknown: frames of access/);
});

t.test('of a flood nearly all is refused, and of a thin one nothing is told', async (t) => {
  const counts = [counted(10, 'nlb1', REFUSED, { 'too many': 5 }), counted(50, 'nlb1', REFUSED, { 'too many': 100 })];
  const most = (sent: number, meant = 90) =>
    told(refusedMost({ node: 'nlb1', reason: 'too many', sent, meant, share: 0.95 }), counts);
  t.equal(most(100), 'pass: nlb1 refused 95 of 100 as too many');
  t.equal(most(101), 'fail: nlb1 refused 95 of 101 as too many');
  t.match(most(90, 90), /^pass/, 'as many as were meant');
  t.equal(most(100, 101), 'unknown: 100 datagrams were sent: this machine is too busy for the 101 of a flood');
  const asked = refusedMost({ node: 'nlb1', reason: 'too many', sent: 9, meant: 1, share: 0.95 });
  t.equal(told(asked), 'unknown: nlb1 was not asked for its counts before and after');
  t.match(told(asked, counts.slice(1)), /^unknown: nlb1 was not asked/);
});
