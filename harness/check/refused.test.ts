import t from 'tap';
import { verdictOn } from './claim.ts';
import { counted, OVER, told, udp, watched } from './literal-history.ts';
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
  t.match(told(right, three, before, after(all), OVER), /^unknown: frames of access/);
});

t.test('of a flood nearly all is refused, and of a thin one nothing is told', async (t) => {
  const counts = [counted(10, 'nlb1', REFUSED, { 'too many': 5 }), counted(50, 'nlb1', REFUSED, { 'too many': 100 })];
  const most = (sent: number, meant = 90) =>
    verdictOn(refusedMost({ node: 'nlb1', reason: 'too many', sent, meant, share: 0.95 }), counts).verdict;
  t.same([most(100), most(101), most(100, 101)], ['pass', 'fail', 'unknown']);
  t.equal(
    verdictOn(refusedMost({ node: 'nlb1', reason: 'too many', sent: 9, meant: 1, share: 0.95 }), []).verdict,
    'unknown',
  );
});
