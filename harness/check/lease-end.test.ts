import t from 'tap';
import { answersNotBeyondLease } from './lease-end.ts';
import { arp, OVER, shown, told, udp, watched } from './literal-history.ts';

/** nlb1 beats until 100 ms and again from 600 ms on; its lease of 150 ms ends at 250 ms. */
const NLBS = '10.77.1.100';
const [NLB1, FW1, FW2] = ['02:00:00:00:00:0b', '02:00:00:00:00:01', '02:00:00:00:00:02'];
const PORT = { lan: 'access', node: 'nlb1', leg: 'access' };
const SEEN = watched('frames', 'access');

const beats = [0, 50, 100, 600, 650].flatMap((atMs) =>
  udp(
    { atMs, from: PORT, to: [] },
    { source: NLB1, destination: FW1 },
    { source: '10.77.1.11', sourcePort: 4694, destination: '10.77.1.12', destinationPort: 4694 },
  ),
);
const request = (atMs: number, senderMac = FW1) =>
  arp(
    { atMs, from: { ...PORT, node: 'fw', leg: 'access' }, to: [PORT] },
    { operation: 'request', senderMac, senderIp: '10.77.1.2', targetIp: NLBS },
  );
const reply = (atMs: number, targetMac = FW1, senderIp = NLBS) =>
  arp(
    { atMs, from: PORT, to: [] },
    { operation: 'reply', senderMac: NLB1, senderIp, targetMac, targetIp: '10.77.1.2' },
  );

const checker = answersNotBeyondLease({
  address: NLBS,
  beats: { node: 'nlb1', port: 4694 },
  leaseMs: 150,
  port: PORT,
});
const asked = (...instants: number[]) => instants.flatMap((atMs) => request(atMs));
const replied = (...instants: number[]) => instants.flatMap((atMs) => reply(atMs));

t.test('a node that is stalled answers until its lease ends, and no request that comes later', async (t) => {
  const questions = asked(240, 249, 253, 260);
  t.match(
    told(checker, SEEN, beats, questions, replied(241, 250), OVER),
    /^pass: it answered none from the end of its lease on; the first came 3.01 ms after that/,
  );
  t.match(
    told(checker, SEEN, beats, questions, replied(241, 250, 254), OVER),
    /^fail: nlb1\/access answered a request that came 3.01 ms after the end of its lease/,
  );
  t.match(told(checker, SEEN, beats, questions, replied(241, 250, 254, 261), OVER), /^fail: .* came 10.01 ms after/);
  t.match(told(checker, SEEN, beats, asked(249.99, 260), replied(251), OVER), /^pass/, 'at its very end it holds');
  t.match(told(checker, SEEN, beats, asked(259.99), replied(260), OVER), /^fail/, 'at once, too');
  t.same(shown(checker, SEEN, beats, questions, OVER), ['frame 100', 'frame 253.01', 'frame 600']);
});

t.test('an answer that leaves late, to a request that came in time, is none too late', async (t) => {
  t.match(told(checker, SEEN, beats, asked(249, 300), replied(280), OVER), /^pass/);
  t.match(told(checker, SEEN, beats, asked(240, 249, 300), replied(310), OVER), /^pass/, 'the answer of one of them');
  t.match(
    told(checker, SEEN, beats, replied(235), asked(260), OVER),
    /^pass/,
    'to one that came before it was watched',
  );
});

t.test('answers to one asker are none to another', async (t) => {
  const both = [asked(240, 260), request(240, FW2)].flat();
  t.match(told(checker, SEEN, beats, both, reply(241), reply(261), OVER), /^fail/);
  t.match(told(checker, SEEN, beats, both, reply(241), reply(261, FW2), OVER), /^pass/);
  t.match(told(checker, SEEN, beats, asked(260), reply(261, FW1, '10.77.1.11'), OVER), /^pass/, 'nor about an address');
});

t.test('what is asked once it has woken says nothing of the lease that it had', async (t) => {
  t.match(told(checker, SEEN, beats, asked(260, 640), reply(641), OVER), /^pass/);
  t.match(told(checker, SEEN, beats, asked(260), reply(600), OVER), /^pass/, 'as it wakes');
  t.match(told(checker, SEEN, beats, asked(240, 599.99), OVER), /^unknown: no request reached/);
  t.match(told(checker, SEEN, beats, asked(240, 640), replied(241), OVER), /^unknown: no request reached/);
});

t.test('frames that were not watched, and a node that was not seen beating, prove nothing', async (t) => {
  t.match(told(checker, beats, asked(260), OVER), /^unknown: frames of access/);
  t.match(told(checker, beats, asked(260), reply(261), OVER), /^unknown: frames of access/);
  t.match(told(checker, SEEN, asked(260), OVER), /^unknown: nlb1 was not seen sending twice/);
});
