import t from 'tap';
import { verdictOn } from '../claim.ts';
import { arp, history, OVER, shown, tcp, told } from '../literal-history.ts';
import { forwardedOnceOnly } from './forwarded-once.ts';
import { at, CLUSTER, LOST, MAC, SEEN, SETTING } from './literal-setting.ts';

const FLOW = { source: '198.51.100.10', sourcePort: 4711, destination: CLUSTER, destinationPort: 80 };
const IN = { source: MAC.fw1, destination: MAC.nlb1 };
const OUT = { source: MAC.nlb1Server, destination: MAC.server1 };

const came = (atMs: number, more: object = {}, macs = IN) =>
  tcp({ atMs, from: at('fw1', 'access'), to: [at('nlb1', 'access'), at('nlb2', 'access')] }, macs, {
    ...FLOW,
    ...more,
  });
const left = (atMs: number, more: object = {}, macs = OUT, from = at('nlb1', 'server')) =>
  tcp({ atMs, from, to: [] }, macs, { ...FLOW, ...more });

t.test('what a load balancer sends to the cluster it was handed before, as often', async (t) => {
  const claim = forwardedOnceOnly.claim(SETTING);
  const one = [came(1), left(2)].flat();
  t.match(told(claim, SEEN, one, OVER), /^pass: 1 packets were forwarded/);
  t.match(told(claim, SEEN, one, came(3), left(4), OVER), /^pass: 2/, 'the same bytes again are another frame');
  t.match(told(claim, SEEN, one, left(3), OVER), /^fail: nlb1\/server sent a packet more often than/);
  t.match(told(claim, SEEN, one, left(3, { identification: 7 }), OVER), /^fail: .* that it was not handed/);
  t.match(told(claim, SEEN, one, came(3, { text: 'a' }), left(4, { text: 'b' }), OVER), /^fail: .* not handed/);
  t.match(told(claim, SEEN, one, came(3, { ttl: 64 }), left(4, { ttl: 63 }), OVER), /^fail: .* not handed/);
  t.match(told(claim, SEEN, left(1), came(2), left(3), OVER), /^fail: .* not handed/, 'before it came is not after');
  t.match(told(claim, SEEN, left(1.7), came(2), OVER), /^pass/, 'but clocks differ a little');
  t.match(told(claim, SEEN, one, left(3, {}, OUT, at('nlb2', 'server')), OVER), /^fail: nlb2\/server .* not handed/);
  t.match(told(claim, SEEN, OVER), /^unknown: no packet was forwarded/);
  t.match(
    told(claim, LOST, one, left(3), OVER),
    /^unknown: frames of access .* 3 were missed; otherwise: .* more often/,
  );
  t.match(told(claim, LOST, one, OVER), /^unknown/);
  t.same(shown(claim, SEEN, one, came(3), left(4), came(5), left(6), OVER), ['frame 2', 'frame 4']);
  const alone = tcp({ atMs: 1, from: at('fw1', 'access'), to: [at('nlb1', 'access')] }, IN, FLOW);
  t.match(told(claim, SEEN, alone, left(2), OVER), /^pass: 1/);
  t.match(told(claim, SEEN, alone, left(2), left(3), OVER), /^fail/, 'to be sent to it is not to be handed it again');
  const places = SETTING.places.filter(({ node }) => node !== 'nlb2');
  const single = forwardedOnceOnly.claim({ ...SETTING, places });
  t.match(told(single, SEEN, left(2), OVER), /^fail: nlb1\/server .* not handed/, 'also where there is one alone');
});

t.test('what was sent too often while that was lawful is not held against what comes after', async (t) => {
  const claim = forwardedOnceOnly.claim(SETTING);
  const [early, later] = [left(1), history(came(2), left(3), OVER)];
  t.match(verdictOn(claim, later, history(SEEN, early, later)).because, /^1 packets/);
  t.equal(verdictOn(claim, later, history(SEEN, early, later)).verdict, 'pass');
  t.equal(
    verdictOn(claim, later, history(SEEN, early, later, left(4))).verdict,
    'pass',
    'nor what comes when it is not judged',
  );
  const more = history(later, left(4));
  t.equal(verdictOn(claim, more, history(SEEN, early, more)).verdict, 'fail');
});

t.test('it goes to a server, by the server leg', async (t) => {
  const claim = forwardedOnceOnly.claim(SETTING);
  const back = { source: MAC.nlb1, destination: MAC.fw1 };
  t.match(told(claim, SEEN, came(1), left(2, {}, IN), OVER), /^fail: .* not to a server/);
  t.match(told(claim, SEEN, came(1), left(2, {}, back, at('nlb1', 'access')), OVER), /^fail: nlb1\/access .* not to/);
  t.match(told(claim, SEEN, came(1), left(2, {}, OUT, at('nlb1', 'access')), OVER), /^fail: nlb1\/access/);
  const moved = { operation: 'request', senderIp: '10.77.2.21', targetIp: '10.77.2.1' } as const;
  const says = arp({ atMs: 1, from: at('server1', 'server'), to: [] }, { ...moved, senderMac: '02:00:00:00:02:99' });
  const anew = { ...OUT, destination: '02:00:00:00:02:99' };
  t.match(told(claim, SEEN, came(1), says, left(2, {}, anew), OVER), /^pass/, 'a server may have a new interface');
  t.match(told(claim, SEEN, came(1), left(2, {}, anew), OVER), /^fail/);
  const other = (more: object, from = at('server1', 'server')) =>
    arp({ atMs: 1, from, to: [] }, { ...moved, senderMac: anew.destination, ...more });
  const guests = { 'says so of another address': other({ senderIp: '10.77.2.99' }) };
  const claims = {
    'says so from another': other({ source: MAC.server1 }),
    'is another': other({}, at('nlb1', 'server')),
  };
  for (const [who, says] of Object.entries({ ...guests, ...claims })) {
    t.match(told(claim, SEEN, came(1), says, left(2, {}, anew), OVER), /^fail: .* not to a server/, who);
  }
  const own = { source: '10.77.2.11' };
  t.match(told(claim, SEEN, came(1), left(2), left(3, own), OVER), /^pass: 1 packets/, 'a health check is its own');
  const elsewhere = { ...IN, destination: MAC.nlb2 };
  t.match(told(claim, SEEN, came(1, {}, elsewhere), left(2), OVER), /^fail: .* not handed/, 'flooded is not handed');
});
