import t from 'tap';
import { act, address, arp, OVER, shown, told, watched } from './literal-history.ts';
import { askedThroughout, oneAnswererAtATime } from './one-answerer.ts';

const NLBS = '10.77.1.100';
const MACS: Record<string, string> = { nlb1: '02:00:00:00:00:0b', nlb2: '02:00:00:00:00:0c', fw1: '02:00:00:00:00:01' };
const SEEN = [watched('frames', 'access'), watched('addresses', 'nlb1'), watched('addresses', 'nlb2')];

const claim = (atMs: number, node: string, operation: 'request' | 'reply' = 'reply') =>
  arp(
    { atMs, from: { lan: 'access', node, leg: 'access' }, to: [] },
    { operation, senderMac: MACS[node] ?? '', senderIp: NLBS, targetIp: operation === 'reply' ? '10.77.1.2' : NLBS },
  );
const change = (atMs: number, node: string, change: 'added' | 'removed') =>
  address(atMs, { node, device: 'access', address: `${NLBS}/32`, change });

t.test('two nodes never speak for the address in the same time', async (t) => {
  const one = oneAnswererAtATime({ address: NLBS, lans: ['access'], nodes: ['nlb1', 'nlb2'] });
  const handed = [claim(10, 'nlb1'), claim(20, 'nlb1'), claim(30, 'nlb2', 'request'), claim(40, 'nlb2')].flat();
  t.match(told(one, SEEN, handed, OVER), /^pass: 4 claims .* by nlb1, then nlb2/);
  t.same(shown(one, SEEN, handed, OVER), ['frame 10', 'frame 30']);
  t.match(told(one, SEEN, handed, claim(30, 'nlb1'), OVER), /^fail: nlb1 still spoke/, 'in the same instant');
  const wide = oneAnswererAtATime({ address: NLBS, lans: ['access', 'wan'], nodes: ['nlb1', 'nlb2'] });
  const [first = [], ...rest] = [claim(5, 'nlb1'), claim(30, 'nlb2')];
  const there = first.map((event) => ({ ...event, lan: 'wan', leg: 'wan' }));
  t.match(told(wide, SEEN, watched('frames', 'wan'), there, ...rest, OVER), /^pass: 2 claims .* by nlb1, then nlb2/);
  t.match(
    told(one, SEEN, handed, claim(50, 'nlb1'), OVER),
    /^fail: nlb1 still spoke .* after nlb2/,
    'a frozen one wakes',
  );
  t.match(told(one, SEEN, handed, claim(50, 'nlb1', 'request'), OVER), /^fail/, 'announcing is claiming');
  t.match(told(one, handed, claim(50, 'nlb1'), watched('frames', 'access'), OVER), /^unknown: addresses of nlb1/);
  const back = [change(5, 'nlb1', 'added'), change(25, 'nlb1', 'removed'), change(200, 'nlb1', 'added')];
  t.match(told(one, SEEN, handed, back, claim(199, 'nlb1', 'request'), OVER), /^pass: .* nlb1, then nlb2, then nlb1/);
  t.match(
    told(one, SEEN, handed, back, claim(50, 'nlb1'), claim(199, 'nlb1'), OVER),
    /^fail/,
    'not before it came back',
  );
  t.match(told(one, SEEN, handed, back, claim(199, 'nlb1'), claim(210, 'nlb2'), OVER), /^fail: nlb2 still/);
  const soon = [change(5, 'nlb1', 'added'), change(25, 'nlb1', 'removed'), change(50, 'nlb1', 'added')];
  t.match(
    told(one, SEEN, handed, soon, claim(49, 'nlb1', 'request'), OVER),
    /^pass: .* nlb1, then nlb2, then nlb1/,
    'given it again within the time that an event may be late',
  );
  t.match(told(one, SEEN, handed, soon.slice(0, 1), change(45, 'nlb1', 'removed'), claim(42, 'nlb1'), OVER), /^fail/);
  t.match(told(one, SEEN, handed, claim(35, 'fw1'), OVER), /^pass: 4 claims/, 'others are not meant');
  t.match(told(one, handed, OVER), /^unknown: frames of access/);
  t.match(told(one, watched('frames', 'access', 5), handed, OVER), /^unknown: .* 5 were missed/);
  t.match(told(one, SEEN, act(1, 'nothing'), OVER), /^unknown: nobody/);
});

t.test('requests came throughout, or nothing is known', async (t) => {
  const throughout = askedThroughout({ address: NLBS, lan: 'access', senders: 2, pauseMs: 100 });
  const ask = (atMs: number, node: string) =>
    arp(
      { atMs, from: { lan: 'access', node, leg: 'access' }, to: [] },
      { operation: 'request', senderMac: MACS[node] ?? '', senderIp: '10.77.1.2', targetIp: NLBS },
    );
  const asked = [ask(20, 'fw1'), ask(110, 'nlb2'), ask(190, 'fw1')].flat();
  const [begun, ended] = [act(10, 'one'), act(200, 'two')];
  t.match(told(throughout, begun, asked, ended), /^pass: 3 requests by 2 senders, never more than 90 ms apart/);
  t.same(shown(throughout, begun, asked, ended), ['frame 20']);
  t.match(
    told(throughout, begun, asked, ask(5, 'fw1'), ask(250, 'fw1'), ended),
    /^pass: 3 requests/,
    'before and after',
  );
  t.match(told(throughout, begun, asked, ask(10, 'fw1'), ask(200, 'fw1'), ended), /^pass: 5 requests/);
  t.match(told(throughout, begun, ask(110, 'fw1'), ask(190, 'nlb2'), ended), /^pass: .* never more than 100 ms/);
  t.match(told(throughout, begun, asked, act(200, 'two', 'nlb1', 300)), /^unknown: nobody asked .* for 110 ms/);
  t.same(shown(throughout, begun, asked, act(300, 'two')), ['act 10']);
  const answers = (node: string) =>
    arp(
      { atMs: 100, from: { lan: 'access', node, leg: 'access' }, to: [] },
      { operation: 'reply', senderMac: MACS[node] ?? '', senderIp: '10.77.1.2', targetIp: NLBS },
    );
  t.match(
    told(throughout, begun, answers('fw1'), answers('nlb2'), ended),
    /^unknown: 0 senders/,
    'to answer is not to ask',
  );
  t.match(told(throughout, act(10, 'one'), asked, act(300, 'two')), /^unknown: nobody asked .* for 110 ms/);
  t.match(told(throughout, begun, ask(50, 'fw1'), ask(120, 'fw1'), ended), /^unknown: 1 senders/);
  t.match(
    told(throughout, begun, claim(50, 'fw1', 'request'), claim(120, 'nlb2', 'request'), ended),
    /^unknown: 0 senders/,
  );
  t.match(told(throughout, asked), /^unknown: nothing was done/);
});
