import t from 'tap';
import {
  answersWith,
  isAskedThroughout,
  neverSendsFor,
  noAnswerFrom,
  repliesWellFormed,
  requestsReaching,
} from './arp.ts';
import { arp, OVER, shown, standstill, told, udp, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const NLB1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const NLB2 = { lan: 'access', node: 'nlb2', leg: 'access' };
const FW1 = { lan: 'access', node: 'fw1', leg: 'access' };
const FW2 = { lan: 'access', node: 'fw2', leg: 'access' };
const MAC1 = '02:00:00:00:00:0b';
const MAC2 = '02:00:00:00:00:0c';
const FW_MAC = '02:00:00:00:00:01';
const FW2_MAC = '02:00:00:00:00:02';
const SEEN = watched('frames', 'access');

const ask = (atMs: number, senderMac = FW_MAC, from = FW1) =>
  arp({ atMs, from, to: [NLB1, NLB2] }, { operation: 'request', senderMac, senderIp: '10.77.1.2', targetIp: NLBS });
const reply = (atMs: number, senderMac = MAC1, more: object = {}, from = senderMac === MAC2 ? NLB2 : NLB1) =>
  arp(
    { atMs, from, to: [FW1] },
    { operation: 'reply', senderMac, senderIp: NLBS, targetMac: FW_MAC, targetIp: '10.77.1.2', ...more },
  );
const announce = (atMs: number) =>
  arp({ atMs, from: NLB1, to: [FW1, NLB2] }, { operation: 'request', senderMac: MAC1, senderIp: NLBS, targetIp: NLBS });

/** What is like the matter at hand, and has nothing to do with it. */
const NOISE = [
  arp(
    { atMs: 500, from: FW1, to: [NLB1, NLB2] },
    { operation: 'request', senderMac: FW_MAC, senderIp: '10.77.1.2', targetIp: '10.77.1.99' },
  ),
  reply(501, MAC2, { senderIp: '10.77.1.99' }),
].flat();

t.test('every request is answered, with one hardware address', async (t) => {
  const active = answersWith({ address: NLBS, port: NLB1, mac: MAC1, atLeast: 2, withinMs: 10 });
  const two = [ask(1), reply(2), ask(3), reply(4)].flat();
  t.match(told(active, SEEN, two, OVER), /^pass: 2 requests/);
  t.match(told(active, SEEN, two, NOISE, OVER), /^pass: 2 requests/);
  const elsewhere = { ...NLB1, leg: 'server' };
  t.match(told(active, SEEN, two, ask(5), reply(6, MAC1, {}, elsewhere), OVER), /^fail/, 'or come from elsewhere');
  t.match(told(active, SEEN, two, announce(5), OVER), /^pass/, 'an announcement wants no answer');
  const says = (atMs: number, fields: object, from = FW1, to = [NLB1]) =>
    arp({ atMs, from, to }, { operation: 'request', senderMac: FW_MAC, senderIp: NLBS, targetIp: NLBS, ...fields });
  t.match(told(active, SEEN, two, says(5, {}), OVER), /^pass: 2 requests/, 'whoever makes it');
  t.match(told(active, SEEN, two, says(5, { senderMac: MAC2 }, NLB2), OVER), /^pass: 2/, 'nor is it one');
  const answered = { operation: 'reply', senderIp: '10.77.1.2', targetMac: MAC1 };
  t.match(told(active, SEEN, two, says(5, answered), OVER), /^pass: 2 requests/, 'nor does an answer');
  const afar = { lan: 'server', node: 'nlb2', leg: 'server' };
  t.match(
    told(active, SEEN, two, says(5, { ...answered, senderIp: NLBS, senderMac: MAC2 }, afar, []), OVER),
    /^pass/,
    'what is said on another LAN',
  );
  t.match(told(active, SEEN, two, ask(5), reply(6, MAC1, {}, NLB2), OVER), /^fail/, 'or come from another');
  t.match(told(active, SEEN, two, ask(5), reply(5.01), OVER), /^pass: 3/, 'at once');
  t.match(told(active, SEEN, two, ask(989.99), OVER), /^fail/, 'it had just so long');
  t.match(told(active, SEEN, two, ask(1000), OVER), /^pass: 2 requests/);
  t.same(shown(active, SEEN, two, OVER), ['frame 1.01', 'frame 2']);
  t.match(told(active, SEEN, two, ask(5), OVER), /^fail: nlb1\/access did not answer/);
  t.match(told(active, SEEN, two, ask(5), reply(16), OVER), /^fail/, 'an answer may be too late');
  t.match(told(active, SEEN, two, ask(5), standstill(5.5, 11), reply(16), OVER), /^pass/, 'nobody ran in that time');
  t.match(told(active, SEEN, two, ask(5), standstill(5.5, 6), reply(16), OVER), /^fail/, 'but in the rest of it');
  t.match(told(active, SEEN, two, ask(5), reply(6, MAC1, { targetMac: FW2_MAC }), OVER), /^fail/, 'or go to another');
  t.match(told(active, SEEN, two, reply(5, MAC2), OVER), /^fail: nlb2\/access answered .* with 02:00:00:00:00:0c/);
  t.match(told(active, SEEN, two, reply(5, MAC2, {}, NLB1), OVER), /^fail: nlb1\/access answered/);
  t.match(told(active, SEEN, two, ask(1000), OVER), /^pass/, 'the last may be on its way');
  t.match(told(active, SEEN, ask(1), reply(2), OVER), /^unknown: 1 requests/);
  t.match(told(active, two, OVER), /^unknown: frames of access were not watched/);
  t.match(told(active, watched('frames', 'access', 1), two, ask(5), OVER), /^unknown: .* 1 were missed/);
  t.match(told(active), /^unknown/);
});

t.test('the standby answers nobody, though asked for a time', async (t) => {
  const options = { address: NLBS, port: NLB2, forMs: 50, atLeast: 2 };
  const silent = noAnswerFrom(options);
  const asked = (from: number, until: number) =>
    Array.from({ length: (until - from) / 10 + 1 }, (_, number) => ask(from + 10 * number)).flat();
  const throughout = asked(1, 51);
  t.match(told(silent, SEEN, throughout, reply(2), OVER), /^pass: 6 requests .* reached nlb2.* for 50 ms/);
  t.match(told(silent, SEEN, throughout, reply(300, MAC2), OVER), /^fail: nlb2\/access answered/, 'however late');
  t.same(shown(silent, SEEN, throughout, OVER), ['frame 1.01', 'frame 11.01', 'frame 21.01']);
  t.same(shown(silent, SEEN, asked(1, 41), OVER), ['frame 1.01', 'frame 11.01', 'frame 21.01']);
  t.ok(isAskedThroughout(requestsReaching(throughout, NLB2, NLBS), 50));
  t.notOk(isAskedThroughout(requestsReaching(throughout, NLB2, NLBS), 51));
  t.match(told(silent, SEEN, throughout, NOISE, OVER), /^pass: 6 requests/);
  t.match(
    told(silent, SEEN, asked(1, 41), OVER),
    /^unknown: 5 requests .* for 40 ms without a pause; 50 ms were wanted/,
  );
  t.match(told(silent, SEEN, ask(1), ask(2), ask(51), ask(52), OVER), /^unknown: .* for 1 ms/, 'or not all the time');
  t.match(told(silent, SEEN, OVER), /^unknown: 0 requests .* too few/);
  t.match(told(noAnswerFrom({ ...options, atLeast: 7 }), SEEN, throughout, OVER), /^unknown: 6 requests .* too few/);
  t.match(told(silent, throughout, OVER), /^unknown: frames of access/);
  const several = noAnswerFrom({ ...options, askers: 2 });
  t.match(told(several, SEEN, throughout, OVER), /^unknown: 6 requests .* from 1 senders/);
  t.match(told(several, SEEN, throughout, ask(3, FW2_MAC, FW2), OVER), /^pass/);
});

t.test('only requests of a sender that is named are counted', async (t) => {
  const probe = (atMs: number) =>
    arp(
      { atMs, from: FW1, to: [NLB1, NLB2] },
      { operation: 'request', senderMac: FW_MAC, senderIp: '0.0.0.0', targetIp: NLBS },
    );
  const toProbe = (atMs: number) => reply(atMs, MAC1, { targetIp: '0.0.0.0' });
  const active = answersWith({ address: NLBS, port: NLB1, mac: MAC1, atLeast: 1, withinMs: 10, senderIp: '0.0.0.0' });
  t.match(told(active, SEEN, probe(1), toProbe(2), OVER), /^pass: 1 requests/);
  t.match(told(active, SEEN, probe(1), reply(2), OVER), /^fail/, 'an answer to another');
  t.match(told(active, SEEN, ask(1), reply(2), OVER), /^unknown: 0 requests/);
  const silent = noAnswerFrom({ address: NLBS, port: NLB2, forMs: 10, atLeast: 1, senderIp: '0.0.0.0' });
  t.match(told(silent, SEEN, [1, 3, 5, 7, 9, 11].flatMap(probe), toProbe(2), OVER), /^pass: 6 requests/);
  t.match(told(silent, SEEN, ask(1), reply(2), OVER), /^unknown: 0 requests/);
});

t.test('no ARP packet has the cluster address as its sender', async (t) => {
  const never = neverSendsFor({ addresses: ['203.0.113.10'], ports: [NLB1, FW1] });
  const foreign = arp(
    { atMs: 5, from: NLB1, to: [FW1] },
    { operation: 'request', senderMac: MAC1, senderIp: '203.0.113.10', targetIp: '10.77.1.1' },
  );
  const flow = { source: '10.77.1.11', sourcePort: 1, destination: '10.77.1.12', destinationPort: 2 };
  const beat = udp({ atMs: 1, from: NLB1, to: [NLB2] }, { source: MAC1, destination: MAC2 }, flow);
  t.match(told(never, SEEN, ask(1), reply(2), OVER), /^pass: 2 ARP packets/);
  t.same(shown(never, SEEN, ask(1), reply(2), ask(3), ask(4), OVER), ['frame 2', 'frame 1', 'frame 3']);
  const neither = neverSendsFor({ addresses: ['203.0.113.10', '203.0.113.11'], ports: [NLB1] });
  t.match(told(neither, SEEN, reply(2), OVER), /none from 203\.0\.113\.10, 203\.0\.113\.11$/);
  t.match(told(never, SEEN, ask(1), foreign, OVER), /^fail: nlb1\/access sent ARP from 203/);
  t.match(told(never, SEEN, ask(1), OVER), /^unknown: nlb1\/access was not seen sending/);
  const one = neverSendsFor({ addresses: ['203.0.113.10'], ports: [NLB1] });
  t.match(told(one, SEEN, beat, OVER), /^unknown: no ARP at all/);
  t.match(told(never, ask(1), reply(2), OVER), /^unknown: frames of access/);
});

t.test('replies go to the asker alone, and to nobody who did not ask', async (t) => {
  const formed = repliesWellFormed({ ports: [NLB1], withinMs: 10 });
  t.match(told(formed, SEEN, ask(1), reply(2), OVER), /^pass: 1 replies/);
  t.same(shown(formed, SEEN, ask(1), reply(2), ask(3), reply(4), OVER), ['frame 1.01', 'frame 2']);
  t.match(told(formed, SEEN, ask(1), reply(2), announce(5), OVER), /^pass: 1/, 'an announcement is none');
  t.match(told(formed, SEEN, ask(1), reply(2, MAC1, { senderIp: '10.77.1.11' }), OVER), /^fail: .* nobody asked/);
  const said = { operation: 'reply', senderMac: FW_MAC, senderIp: '10.77.1.2', targetIp: NLBS } as const;
  const answer = arp({ atMs: 1, from: FW1, to: [NLB1] }, said);
  t.match(told(formed, SEEN, answer, reply(2), OVER), /^fail: .* nobody asked/, 'an answer asks nothing');
  t.match(told(formed, SEEN, ask(1), reply(2), reply(3), OVER), /^fail: .* nobody asked/, 'each request has one reply');
  t.match(told(formed, SEEN, ask(1), reply(20), OVER), /^fail/);
  t.match(told(formed, SEEN, ask(1), standstill(2, 15), reply(20), OVER), /^pass/, 'nobody ran in that time');
  t.match(told(formed, SEEN, ask(1), reply(2, MAC1, { targetIp: '10.77.1.3' }), OVER), /^fail/, 'not swapped');
  t.match(told(formed, SEEN, ask(1), reply(2, MAC1, { targetMac: FW2_MAC }), OVER), /^fail/);
  const everybody = { destination: 'ff:ff:ff:ff:ff:ff' };
  t.match(told(formed, SEEN, ask(1), reply(2, MAC1, everybody), OVER), /^fail: .* sent to ff:ff/);
  t.match(told(formed, ask(1), reply(2, MAC1, everybody), OVER), /^fail: .* sent to ff:ff/, 'whatever was missed');
  t.match(told(formed, SEEN, ask(1), reply(2, MAC1, { source: MAC2 }), OVER), /^fail: .* sent from 02:00:00:00:00:0c/);
  t.match(told(formed, ask(1), reply(2), OVER), /^unknown: frames of access/);
  t.match(told(formed, reply(2), OVER), /^unknown: frames of access/, 'the request may have been missed');
  t.match(told(formed, SEEN, ask(1), OVER), /^unknown: no ARP reply/);
});
