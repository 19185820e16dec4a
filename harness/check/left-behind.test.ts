import t from 'tap';
import { detached, lostOnly, PROGRAMS_LISTED, silentWhileLeft } from './left-behind.ts';
import { act, address, arp, census, OVER, shown, told, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const [MAC1, FW_MAC] = ['02:00:00:00:00:0b', '02:00:00:00:00:01'];
const NLB1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const FW1 = { lan: 'access', node: 'fw1', leg: 'access' };
const SEEN = watched('frames', 'access');
const KILL = act(100, 'kill', 'nlb1');

const change = (atMs: number, change: 'added' | 'removed') =>
  address(atMs, { node: 'nlb1', device: 'access', address: `${NLBS}/32`, label: 'access:nlbs', change });
const ask = (atMs: number) =>
  arp(
    { atMs, from: FW1, to: [NLB1] },
    { operation: 'request', senderMac: FW_MAC, senderIp: '10.77.1.2', targetIp: NLBS },
  );
const say = (atMs: number, operation: 'request' | 'reply') =>
  arp(
    { atMs, from: NLB1, to: [FW1] },
    { operation, senderMac: MAC1, senderIp: NLBS, targetIp: operation === 'reply' ? '10.77.1.2' : NLBS },
  );

t.test('a node that was left with the address says nothing of it', async (t) => {
  const silent = silentWhileLeft({ address: NLBS, port: NLB1, after: { what: 'kill' }, leaseMs: 50, atLeast: 2 });
  const asked = [SEEN, change(10, 'added'), KILL, ask(120), say(121, 'reply'), ask(200), ask(300)].flat();
  t.match(told(silent, asked, change(400, 'removed'), OVER), /^pass: 2 requests .* answered none/);
  const gone = change(400, 'removed');
  t.same(shown(silent, asked, ask(310), gone, OVER), [
    'act 100',
    'address 10',
    'address 400',
    'frame 200.01',
    'frame 300.01',
  ]);
  t.same(shown(silent, SEEN, KILL, OVER), ['act 100']);
  t.same(shown(silent, SEEN, change(10, 'added'), KILL, ask(200), gone, OVER), [
    'act 100',
    'address 10',
    'address 400',
  ]);
  const nlb2 = (atMs: number) => ({ ...change(atMs, 'added'), node: 'nlb2' });
  t.match(told(silent, asked, nlb2(150), say(201, 'reply'), gone, OVER), /^fail/, 'though another is given it');
  const overrun = watched('addresses', 'nlb1', 1);
  t.match(
    told(silent, overrun, asked, say(201, 'reply'), gone, OVER),
    /^unknown: .* 1 were missed; otherwise: .* spoke/,
  );
  const says = (fields: object, atMs = 200, from = FW1, to = [NLB1]) =>
    arp({ atMs, from, to }, { operation: 'request', senderMac: FW_MAC, senderIp: NLBS, targetIp: NLBS, ...fields });
  t.match(told(silent, asked, says({}), gone, OVER), /^pass: 2 requests/, 'who announces it asks nothing');
  t.match(told(silent, asked, says({ operation: 'reply', senderIp: '10.77.1.2' }), gone, OVER), /^pass: 2 requests/);
  t.match(told(silent, asked, says({}, 200, { ...NLB1, node: 'nlb2' }, []), gone, OVER), /^pass/, 'its successor may');
  const own = says({ senderMac: MAC1, senderIp: '10.77.1.11', targetIp: '10.77.1.2' }, 200, NLB1, [FW1]);
  t.match(told(silent, asked, own, gone, OVER), /^pass/, 'and it for itself');
  t.match(told(silent, asked, say(150, 'reply'), gone, OVER), /^fail/, 'from the very end of its lease');
  t.match(told(silent, asked, ask(149.99), gone, OVER), /^pass: 3 requests/);
  t.match(told(silent, asked, ask(399.99), gone, OVER), /^pass: 2 requests/, 'it has just gone');
  const until = [gone, change(500, 'added'), say(400, 'request')].flat();
  t.match(told(silent, asked, until, OVER), /^pass/, 'an event is late by 100 ms at most');
  const justThen = [SEEN, change(100, 'added'), KILL, ask(200), ask(300)].flat();
  t.match(told(silent, justThen, gone, OVER), /^pass/);
  for (const never of [
    [change(10, 'added'), change(100, 'removed')],
    [change(10, 'added'), change(50, 'removed')],
    [change(200, 'added')],
  ]) {
    t.match(told(silent, SEEN, KILL, ask(210), ask(300), ...never, OVER), /^unknown: nlb1 did not hold/);
  }
  t.match(told(silent, asked, say(201, 'reply'), change(400, 'removed'), OVER), /^fail: nlb1\/access spoke for/);
  t.match(told(silent, asked, change(400, 'removed'), say(500, 'request'), OVER), /^fail/, 'nor afterwards');
  t.match(
    told(silent, asked, change(400, 'removed'), change(500, 'added'), say(501, 'request'), OVER),
    /^pass/,
    'until it leads',
  );
  const anew = [change(400, 'removed'), change(500, 'added')];
  t.match(
    told(silent, asked, anew, say(499, 'request'), OVER),
    /^pass/,
    'an announcement may be seen before its event',
  );
  t.match(told(silent, asked, anew, say(390, 'request'), OVER), /^fail/);
  t.match(told(silent, asked, change(250, 'removed'), OVER), /^unknown: 1 requests/, 'it must have held it when asked');
  t.match(told(silent, SEEN, KILL, ask(200), ask(300), OVER), /^unknown: nlb1 did not hold/);
  t.match(told(silent, asked.slice(1), change(400, 'removed'), OVER), /^unknown: frames of access were not watched/);
  t.match(told(silent, SEEN, change(10, 'added'), OVER), /^unknown: "kill" was not done/);
});

t.test('a node that stops gives up its own addresses and no others', async (t) => {
  const addresses = [
    { device: 'access', address: NLBS },
    { device: 'lo', address: '203.0.113.10' },
  ];
  const lost = lostOnly({ node: 'nlb1', addresses, after: { what: 'stop' } });
  const stop = act(100, 'stop', 'nlb1');
  const own = ['nlb1 access 10.77.1.11/24', 'nlb1 lo 192.0.2.7/32', 'nlb2 lo 192.0.2.8/32'];
  const before = census(50, ...own, `nlb1 access ${NLBS}/32 access:nlbs`, 'nlb1 lo 203.0.113.10/32 lo:nlb');
  t.match(told(lost, before, stop, census(200, ...own)), /^pass: nlb1 gave up 10.77.1.100 on access, 203.* and kept/);
  t.match(
    told(lost, before, stop, census(200, ...own)),
    / up 10\.77\.1\.100 on access, 203\.0\.113\.10 on lo and kept 10\.77\.1\.11 on access, 192\.0\.2\.7 on lo$/,
  );
  const lasting = act(100, 'stop', 'nlb1', 200);
  const between = census(150, ...own, `nlb1 access ${NLBS}/32`);
  t.match(told(lost, before, lasting, between, census(200, ...own)), /^pass/, 'as it is over');
  t.match(told(lost, { ...before, atNs: 100e6 }, lasting, census(200, ...own)), /^pass/, 'as it begins');
  t.match(told(lost, before, stop, census(200, ...own.slice(0, 2))), /^pass/, 'what others lose is another matter');
  const ofOthers = census(150, 'nlb2 lo 192.0.2.8/32');
  t.match(told(lost, before, stop, ofOthers, census(200, ...own)), /^pass/, 'a census without it says nothing of it');
  t.same(shown(lost, before, stop), ['act 100']);
  t.same(shown(lost, census(50, ...own), stop, census(200, ...own)), ['census 50']);
  t.same(shown(lost, before, stop, census(200, ...own)), ['census 50', 'act 100', 'census 200']);
  t.match(told(lost, before, stop, census(200, ...own, `nlb1 access ${NLBS}/32`)), /^fail: nlb1 still has 10.77.1.100/);
  t.match(told(lost, before, stop, census(200, ...own.slice(0, 1))), /^fail: nlb1 lost 192.0.2.7 on lo, which was not/);
  t.match(told(lost, before, stop, census(200, ...own, 'nlb1 lo 192.0.2.9/32')), /^fail: nlb1 was given 192.0.2.9/);
  t.match(told(lost, census(50, ...own), stop, census(200, ...own)), /^unknown: nlb1 did not have 10.77.1.100/);
  t.match(told(lost, before, stop), /^unknown: no census was taken after/);
  t.match(told(lost, stop, census(200, ...own)), /^unknown: no census was taken before/);
  t.match(told(lost, before, census(200, ...own)), /^unknown: "stop" was not done/);
});

t.test('a node that stops leaves no program attached', async (t) => {
  const gone = detached({ node: 'nlb1', devices: ['access', 'server'], after: { what: 'stop' } });
  const stop = act(100, 'stop', 'nlb1');
  const list = (atMs: number, ...lines: string[]) => ({
    ...act(atMs, PROGRAMS_LISTED, 'nlb1'),
    detail: lines.join('\n'),
  });
  const both = ['access: xdp 17', 'server: xdp 17'];
  t.match(
    told(gone, list(50, ...both), stop, list(200)),
    /^pass: nlb1 had access: xdp 17, server: xdp 17, and nothing/,
  );
  t.match(told(gone, list(50, ...both), stop, list(200, 'pinned: links')), /^fail: nlb1 still has pinned: links/);
  t.match(told(gone, list(50, ...both), stop, list(200, 'a: 1', 'b: 2')), /^fail: nlb1 still has a: 1, b: 2$/);
  const lasting = act(100, 'stop', 'nlb1', 200);
  t.match(
    told(gone, list(100, ...both), lasting, list(150, 'a: 1'), list(200)),
    /^pass/,
    'from its beginning to its end',
  );
  t.match(told(gone, list(50, ...both), stop, act(200, PROGRAMS_LISTED, 'nlb1')), /^pass/, 'nothing was found');
  const other = { ...list(60, 'a: 1'), node: 'nlb2' };
  t.match(
    told(gone, list(50, ...both), other, stop, { ...other, atNs: 150e6 }, list(200)),
    /^pass/,
    'another has others',
  );
  t.same(shown(gone, list(50, ...both), stop), ['act 100']);
  t.same(shown(gone, list(50, 'access: xdp 17'), stop, list(200)), ['act 50']);
  t.same(shown(gone, list(50, ...both), stop, list(200)), ['act 50', 'act 100', 'act 200']);
  t.equal(PROGRAMS_LISTED, 'list the attached programs', 'by which stored histories are judged');
  t.match(told(gone, list(50, 'access: xdp 17'), stop, list(200)), /^unknown: nothing was attached to server of nlb1/);
  t.match(told(gone, list(50, ...both), stop), /^unknown: no list was made after/);
  t.match(told(gone, stop, list(200)), /^unknown: no list was made before/);
  t.match(told(gone, list(50, ...both), list(200)), /^unknown: "stop" was not done/);
});
