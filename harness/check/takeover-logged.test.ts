import t from 'tap';
import { act, address, arp, logged, OVER, shown, told, udp, watched } from './literal-history.ts';
import { causeLogged, costLogged, instantLogged, lapseLogged, textLike } from './takeover-logged.ts';

const NLBS = '10.77.1.100';
const port = (node: string) => ({ lan: 'access', node, leg: 'access' });
const KILL = act(100, 'kill', 'nlb1');
const meant = { node: 'nlb2', reading: 'a', after: { what: 'kill', node: 'nlb1' } };
const SEEN = [watched('addresses', 'nlb2'), watched('frames', 'access')];
const MACS = { source: '02:00:00:00:00:0b', destination: '02:00:00:00:00:0c' };

const change = (monotonicMs: number, more: Record<string, unknown> = {}) =>
  logged(7, {
    seq: 8,
    time: '2026-11-23T07:10:00.230Z',
    event: 'state',
    monotonicMs,
    state: 'active',
    previous: 'standby',
    reason: 'nlb1 silent for 40 ms',
    evidence: { peer: { hostRefuses: false } },
    lost: { withoutHolderMs: 40, leaseOverMs: 40 },
    ...more,
  });
const beat = (atMs: number, from = 'nlb1', to = 'nlb2', destinationPort = 4694) => {
  const flow = { source: '10.77.1.11', sourcePort: 4694, destination: '10.77.1.12', destinationPort };
  return udp({ atMs, from: port(from), to: [port(to)] }, MACS, flow);
};
const answer = (atMs: number) =>
  arp(
    { atMs, from: port('nlb1'), to: [port('nlb2')] },
    { operation: 'reply', senderMac: MACS.source, senderIp: NLBS, targetIp: '10.77.1.12', targetMac: MACS.destination },
  );

t.test('the cause of a change is in the log: its reason and its evidence', async (t) => {
  const options = {
    ...meant,
    state: 'active',
    reason: textLike(/^nlb1 silent/),
    evidence: { 'evidence.peer.hostRefuses': false },
  };
  const cause = causeLogged(options);
  t.match(told(cause, KILL, change(140)), /^pass: "nlb1 silent for 40 ms"/);
  t.match(told(cause, KILL, change(100)), /^pass/, 'as it begins');
  t.match(told(cause, KILL, change(120, { state: 'inop', reason: 'sick' }), change(140)), /^pass/, 'to that state');
  t.same(shown(cause, KILL, change(140)), ['act 100', 'logged 140']);
  t.match(told(cause, KILL, change(99)), /^fail: nlb2 logged no change to active after "kill"/, 'one before is not it');
  t.match(told(cause, KILL, change(140, { reason: 'asked to' })), /^fail: the reason is "asked to"/);
  t.match(
    told(cause, KILL, change(140, { evidence: {} })),
    /^fail: evidence.peer.hostRefuses is undefined, and not fal/,
  );
  t.match(told(cause, KILL, change(140, { evidence: { peer: { hostRefuses: true } } })), /^fail: .* is true/);
  t.match(
    told(cause, KILL, change(140), change(150, { reason: 'again' })),
    /^pass/,
    'the first after the act is meant',
  );
  t.match(told(cause, change(140)), /^unknown: "kill" on nlb1 was not done/);
});

t.test('the instant in the log is that of the packets', async (t) => {
  const instant = instantLogged({ ...meant, address: NLBS, port: port('nlb2'), withinMs: 5 });
  const added = (atMs: number) =>
    address(atMs, { node: 'nlb2', device: 'access', address: `${NLBS}/32`, change: 'added' });
  const announced = (atMs: number) =>
    arp(
      { atMs, from: port('nlb2'), to: [] },
      { operation: 'request', senderMac: MACS.destination, senderIp: NLBS, targetIp: NLBS },
    );
  t.match(
    told(instant, SEEN, KILL, change(140), added(142), announced(141), OVER),
    /^pass: .* 2 ms .* announcement 1 ms/,
  );
  t.match(told(instant, SEEN, KILL, change(100), added(100), announced(100), OVER), /^pass/, 'as it begins');
  const others = {
    'on another node': { ...added(110), node: 'nlb1' },
    'of another address': { ...added(110), address: '10.77.1.9/32' },
    'that took it away': { ...added(110), change: 'removed' as const },
  };
  for (const [what, other] of Object.entries(others)) {
    t.match(
      told(instant, SEEN, KILL, change(140), other, added(142), announced(141), OVER),
      /^pass/,
      `not one ${what}`,
    );
  }
  t.match(told(instant, SEEN, KILL, change(140), added(142), announced(90), announced(141), OVER), /^pass/);
  t.match(told(instant, SEEN, KILL, change(140), added(142), OVER), /^unknown: nlb2 was not seen to take/);
  t.same(shown(instant, SEEN, KILL, change(140), added(142), OVER), ['act 100']);
  t.match(told(instant, SEEN, KILL, change(140), added(146), announced(141), OVER), /^fail: .* 6 ms/);
  t.match(told(instant, SEEN, KILL, change(140), added(142), announced(134), OVER), /^fail: .* announcement -6 ms/);
  t.match(told(instant, SEEN, KILL, added(142), announced(141), OVER), /^fail: nlb2 took .* and logged nothing/);
  t.match(told(instant, SEEN, KILL, change(140), announced(141), OVER), /^unknown: nlb2 was not seen to take/);
  t.match(told(instant, SEEN, KILL, change(140), added(90), announced(141), OVER), /^unknown/, 'one before is not it');
  t.match(told(instant, SEEN, change(140), added(142), announced(141), OVER), /^unknown: "kill"/);
  t.match(told(instant, KILL, change(140), added(142), announced(141), OVER), /^unknown: addresses .* not watched/);
});

t.test('what a takeover cost by the log is what it cost by the packets', async (t) => {
  const cost = costLogged({ ...meant, address: NLBS, ports: [port('nlb2')], beatPort: 4694, withinMs: 5 });
  const good = /^pass: .* for 40 ms, the packets 39.990 ms/;
  t.match(told(cost, SEEN, KILL, beat(80), beat(100), change(140), OVER), good, 'the last beat counts');
  t.match(told(cost, SEEN, KILL, beat(100), beat(139.99), change(140), OVER), /^fail: .* the packets 0.000 ms/);
  t.match(told(cost, SEEN, KILL, beat(94.99), change(140), OVER), /^pass: .* the packets 45.000 ms/, 'by 5 ms');
  t.match(
    told(cost, SEEN, KILL, beat(100), change(140, { lost: { withoutHolderMs: '40' } }), OVER),
    /^fail/,
    'no number',
  );
  const own = { ...port('nlb2'), leg: 'server' };
  const legs = costLogged({ ...meant, address: NLBS, ports: [port('nlb2'), own], beatPort: 4694, withinMs: 5 });
  const there = beat(80).map((event) => (event.direction === 'sent' ? event : { ...event, leg: 'server' }));
  t.match(told(legs, SEEN, KILL, there, beat(100), change(140), OVER), good, 'by whichever leg it came');
  const foreign = {
    operation: 'request',
    senderMac: MACS.source,
    senderIp: '10.77.1.11',
    targetIp: '10.77.1.12',
  } as const;
  const asks = arp({ atMs: 130, from: port('nlb1'), to: [port('nlb2')] }, foreign);
  t.match(told(cost, SEEN, KILL, beat(100), asks, change(140), OVER), good, 'who asks for itself holds nothing');
  t.same(shown(cost, SEEN, KILL, change(140), OVER), ['act 100', 'logged 140']);
  t.match(told(cost, SEEN, KILL, beat(80), answer(100), change(140), OVER), good, 'an answer for the address counts');
  t.match(told(cost, SEEN, KILL, beat(100), beat(300), change(140), OVER), good, 'what comes later does not');
  t.match(told(cost, SEEN, KILL, beat(100), beat(120, 'nlb1', 'nlb2', 53), change(140), OVER), good);
  t.match(told(cost, SEEN, KILL, beat(100), beat(120, 'nlb2', 'nlb1'), change(140), OVER), good, 'nor does its own');
  t.match(told(cost, SEEN, KILL, beat(94), change(140), OVER), /^fail: .* 40 ms, the packets 45.990 ms/);
  t.match(told(cost, SEEN, KILL, beat(100), answer(106), change(140), OVER), /^fail/);
  t.match(told(cost, SEEN, KILL, beat(100), change(140, { lost: undefined }), OVER), /^fail: .* undefined ms/);
  t.match(told(cost, SEEN, KILL, beat(100), OVER), /^fail: nlb2 logged no takeover/);
  t.match(told(cost, SEEN, KILL, change(140), OVER), /^unknown: nothing that showed a holder/);
  t.match(told(cost, KILL, beat(100), change(140), OVER), /^unknown: frames of access were not watched/);
  t.match(told(cost, SEEN, beat(100), change(140), OVER), /^unknown: "kill"/);
});

t.test('how late a stalled node woke by the log is how long it was silent, but for its lease', async (t) => {
  const lapse = lapseLogged({
    ...meant,
    state: 'initial',
    ports: [port('nlb2')],
    beatPort: 4694,
    leaseMs: 30,
    withinMs: 5,
  });
  const woke = (atMs: number, lost?: object) => change(atMs, { state: 'initial', previous: 'active', lost });
  const own = (atMs: number) => beat(atMs, 'nlb2', 'nlb1');
  const late = { leaseOverMs: 40 };
  t.match(
    told(lapse, SEEN, KILL, own(80), own(90), woke(160, late), own(161), OVER),
    /^pass: .* 40 ms, the packets 40.000/,
  );
  t.match(told(lapse, SEEN, KILL, own(90), woke(160, late), own(160), OVER), /^pass/, 'a beat as it wakes');
  t.match(told(lapse, SEEN, KILL, own(85), woke(160, late), OVER), /^pass: .* 45.000/, 'by 5 ms');
  t.match(told(lapse, SEEN, KILL, own(90), woke(160, { leaseOverMs: '40' }), OVER), /^fail/, 'no number');
  const ports = [port('nlb2'), { ...port('nlb2'), leg: 'server' }];
  const legs = lapseLogged({ ...meant, state: 'initial', ports, beatPort: 4694, leaseMs: 30, withinMs: 5 });
  const there = own(60).map((event) => (event.direction === 'sent' ? { ...event, leg: 'server' } : event));
  t.match(told(legs, SEEN, KILL, there, own(90), woke(160, late), OVER), /^pass/, 'by whichever leg it left');
  t.same(shown(lapse, SEEN, KILL, woke(160, late), OVER), ['act 100', 'logged 160']);
  t.match(told(lapse, SEEN, KILL, own(90), beat(120), woke(160, late), OVER), /^pass/, 'its own beats count alone');
  t.match(told(lapse, SEEN, KILL, own(80), woke(160, late), OVER), /^fail: .* 40 ms, the packets 50.000 ms/);
  t.match(told(lapse, SEEN, KILL, own(90), woke(160), OVER), /^fail: .* undefined/);
  t.match(told(lapse, SEEN, KILL, own(90), OVER), /^fail: nlb2 logged no change to initial/);
  t.match(told(lapse, SEEN, KILL, woke(160, late), OVER), /^unknown: nlb2 was not seen to beat/);
  t.match(told(lapse, KILL, own(90), woke(160, late), OVER), /^unknown: frames/);
  t.match(told(lapse, SEEN, own(90), woke(160, late), OVER), /^unknown: "kill"/);
});
