import t from 'tap';
import { detached, lostOnly, PROGRAMS_LISTED, silentWhileLeft } from './left-behind.ts';
import { act, address, arp, census, OVER, told, watched } from './literal-history.ts';

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
  t.match(told(gone, list(50, 'access: xdp 17'), stop, list(200)), /^unknown: nothing was attached to server of nlb1/);
  t.match(told(gone, list(50, ...both), stop), /^unknown: no list was made after/);
  t.match(told(gone, stop, list(200)), /^unknown: no list was made before/);
  t.match(told(gone, list(50, ...both), list(200)), /^unknown: "stop" was not done/);
});
