import t from 'tap';
import { act, address, arp, census, OVER, probe, shown, standstill, told, watched } from './literal-history.ts';
import { tookOver } from './takeover.ts';

const NLBS = '10.77.1.100';
const TO = { lan: 'access', node: 'nlb2', leg: 'access' };
const MAC = '02:00:00:00:00:0c';
const SEEN = [watched('addresses', 'nlb2'), watched('frames', 'access')];
const HELD = census(0, `nlb1 access ${NLBS}/32`);
const KILL = act(100, 'kill', 'nlb1');
const added = (atMs: number) =>
  address(atMs, { node: 'nlb2', device: 'access', address: `${NLBS}/32`, change: 'added' });
const announce = (atMs: number) =>
  arp({ atMs, from: TO, to: [] }, { operation: 'request', senderMac: MAC, senderIp: NLBS, targetIp: NLBS });

t.test('the other node takes over: alias, announcement, answers, in time', async (t) => {
  const options = { address: NLBS, from: 'nlb1', to: TO, after: { what: 'kill', node: 'nlb1' }, withinMs: 50 };
  const took = tookOver(options);
  const good = [SEEN, HELD, KILL, added(120), announce(120)].flat();
  const expected =
    /^pass: nlb2 held the address after 20 ms, nlb2\/access announced it after 20 ms, a probe .* after 26 ms/;
  t.match(told(took, good, probe(125), OVER), expected);
  const gone = address(500, { node: 'nlb2', device: 'access', address: `${NLBS}/32`, change: 'removed' });
  t.same(shown(took, good, probe(125), gone, OVER), ['act 100', 'address 120', 'frame 120', 'probe 125']);
  t.match(told(took, good.slice(2), probe(125), OVER), expected, 'what was seen was done');
  const overrun = (node: string) => watched('addresses', node, 1);
  t.match(told(took, good, overrun('nlb1'), probe(125), OVER), /^unknown: .* 1 were missed; otherwise: nlb2 held/);
  t.match(told(took, good, overrun('nlb2'), probe(125), OVER), /^unknown: .* 1 were missed; otherwise: nlb2 held/);
  const before = [added(10), { ...gone, atNs: 50e6 }];
  t.match(told(took, good, before, probe(125), OVER), expected, 'an earlier time is not counted');
  t.match(told(took, good, probe(120), OVER), /^pass: .* a probe was answered after 21 ms/, 'sent in that instant');
  t.match(told(took, good, probe(121, { answeredNs: 149e6 }), probe(125), OVER), expected, 'the first answer counts');
  t.match(told(took, good, probe(121, { outcome: 'lost' }), probe(125), OVER), expected);
  const frames = /^unknown: frames of access were not watched; otherwise: .* never: nlb2\/access announced/;
  t.match(told(took, SEEN.slice(0, 1), HELD, KILL, added(120), probe(125), OVER), frames);
  t.match(
    told(took, good, probe(118), OVER),
    /^fail: .* never: a probe was answered/,
    'a probe sent before proves nothing',
  );
  t.match(told(took, good, probe(155), OVER), /^fail: .* a probe was answered after 56 ms; 50 ms were allowed/);
  const stood = standstill(130, 140);
  t.match(told(took, good, probe(155), stood, OVER), /^pass: .* a probe was answered after 46 ms/);
  t.match(told(took, good, probe(162), stood, OVER), /^fail: .* a probe was answered after 53 ms; 50 ms were allowed/);
  t.match(told(took, good, probe(125, { outcome: 'lost' }), OVER), /^fail/);
  t.match(told(took, SEEN, HELD, KILL, added(151), announce(151), probe(152), OVER), /^fail: nlb2 held .* after 51 ms/);
  t.match(told(took, SEEN, HELD, KILL, added(120), probe(125), OVER), /^fail: .* never: nlb2\/access announced/);
  t.match(told(took, SEEN, HELD, KILL, probe(125), OVER), /^fail: nlb2 did not take/);
  const again = address(110, { node: 'nlb3', device: 'access', address: `${NLBS}/32`, change: 'added' });
  t.match(told(took, SEEN, HELD, KILL, again, probe(125), OVER), /^fail: nlb2 did not take/, 'a third is not meant');
  t.match(told(took, good, announce(10), probe(125), OVER), expected, 'an earlier announcement is not counted');
  t.match(told(took, HELD, KILL, probe(125), OVER), /^unknown: addresses of nlb2 were not watched/);
  t.match(told(took, SEEN, KILL, added(120), announce(120), probe(125)), /^unknown: nlb1 did not hold/);
  t.same(shown(took, SEEN, KILL, added(120), announce(120), probe(125)), ['act 100']);
  t.same(shown(took, SEEN, HELD, added(50), KILL, probe(125)), ['act 100', 'address 50']);
  const own = (atMs: number, change: 'added' | 'removed') => ({ ...added(atMs), node: 'nlb1', change });
  const steps = [KILL, added(120), announce(120), probe(125), OVER].flat();
  t.match(told(took, SEEN, own(100, 'added'), steps), expected, 'it held it just then');
  t.match(told(took, SEEN, HELD, own(100, 'removed'), steps), /^unknown: nlb1 did not hold/, 'or did not any more');
  t.match(told(took, SEEN, HELD, own(50, 'removed'), steps), /^unknown: nlb1 did not hold/);
  t.match(told(took, SEEN, HELD, added(50), KILL, probe(125)), /^unknown: nlb2 held .* already/);
  t.match(told(took, SEEN, HELD, added(120), announce(120), probe(125)), /^unknown: "kill" on nlb1 was not done/);
});
