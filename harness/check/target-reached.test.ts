import t from 'tap';
import { arp, OVER, shown, told, watched } from './literal-history.ts';
import { targetReached } from './target-reached.ts';

const TARGET = '10.77.1.1';
const NLB = { lan: 'access', node: 'nlb1', leg: 'access' };
const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const SEEN = watched('frames', 'access');
const OWN = { senderMac: '02:00:00:00:00:0b', senderIp: '10.77.1.11' };
const THERE = { senderMac: '00:00:5e:00:01:34', senderIp: TARGET };

const asks = (atMs: number, targetIp = TARGET) =>
  arp({ atMs, from: NLB, to: [FW] }, { operation: 'request', ...OWN, targetIp });
const answers = (atMs: number, to = [NLB]) =>
  arp({ atMs, from: FW, to }, { operation: 'reply', ...THERE, targetIp: OWN.senderIp, targetMac: OWN.senderMac });

t.test('a target is reached when the questions for it are answered', async (t) => {
  const met = targetReached({ asker: NLB, target: TARGET, atLeast: 2, reached: true });
  const both = [asks(1), answers(2), asks(3), answers(4)].flat();
  t.match(told(met, SEEN, both, OVER), /^pass: nlb1\/access asked 2 times for 10.77.1.1 and was answered 2 times/);
  t.same(shown(met, SEEN, both, asks(5), answers(6), OVER), ['frame 1', 'frame 3', 'frame 2.01', 'frame 4.01']);
  const its = arp({ atMs: 5, from: FW, to: [NLB] }, { operation: 'request', ...THERE, targetIp: OWN.senderIp });
  t.match(told(met, SEEN, asks(1), answers(2), asks(3), its, OVER), /^fail/, 'its own question is no answer');
  const own = arp({ atMs: 5, from: NLB, to: [FW] }, { operation: 'reply', ...OWN, targetIp: TARGET });
  t.match(told(met, SEEN, asks(1), own, answers(2), answers(4), OVER), /^unknown: .* asked 1 times/, 'nor the reverse');
  t.match(told(met, SEEN, asks(1), answers(2), asks(3), OVER), /^fail/);
  t.match(
    told(met, SEEN, asks(1), asks(2), answers(3, []), answers(4, []), OVER),
    /^fail/,
    'answers that never arrive',
  );
  t.match(told(met, SEEN, asks(1), answers(2), OVER), /^unknown: .*2 questions were wanted/);
  t.match(told(met, SEEN, asks(1, '10.77.1.9'), asks(2, '10.77.1.9'), OVER), /^unknown/, 'another target');
  t.match(told(met, both, OVER), /^unknown: frames of access/);
});

t.test('a node is cut off from a target when no question for it is answered', async (t) => {
  const lost = targetReached({ asker: NLB, target: TARGET, atLeast: 2, reached: false });
  t.match(told(lost, SEEN, asks(1), asks(2), answers(3, []), OVER), /^pass/);
  t.match(told(lost, SEEN, asks(1), asks(2), answers(3), OVER), /^fail/);
  t.match(told(lost, SEEN, asks(1), OVER), /^unknown/);
  t.match(told(lost, asks(1), asks(2), OVER), /^unknown/);
});
