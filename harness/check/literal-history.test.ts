import t from 'tap';
import { checker, checkerNames } from './claim.ts';
import { BYSTANDERS } from './literal-bystanders.ts';
import { act, arp, counted, logged, OVER, served, told, watched } from './literal-history.ts';
import { loadCheckers } from './load.ts';
import { arpsOf } from './seen.ts';
import { fail, pass } from './verdict.ts';

const NLB1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const ASK = arp(
  { atMs: 1, from: NLB1, to: [] },
  { operation: 'request', senderMac: '02:00:00:00:00:0b', senderIp: '10.77.1.11', targetIp: '10.77.1.2' },
);

const anyArp = checker(function anyArp(filter: Partial<typeof NLB1>) {
  return (during) => pass(`${arpsOf(during, { ...filter, direction: 'sent' }).length} were sent`);
});
const failsWith = checker(function failsWith({ shows }: { shows: 'nothing' | 'another' | 'one' }) {
  const another = act(7, 'elsewhere');
  return (during) => fail('wrong', { nothing: [], another: [another], one: during.slice(0, 1) }[shows]);
});

t.test('a checker that does not look where a frame was sent is told so', async (t) => {
  t.match(
    told(anyArp({}), ASK),
    /^changed by the same on another LAN, by another node, .*: pass: \d+ were sent, not pass: 1/,
  );
  t.match(told(anyArp({ lan: 'access' }), ASK), /^changed by ARP about another address/, 'nor whom it is about');
  t.equal(told(anyArp({ lan: 'server' }), ASK), 'pass: 0 were sent');
});

t.test('a failure must show events, and a verdict none but those of the history', async (t) => {
  t.equal(told(failsWith({ shows: 'nothing' }), OVER), 'a failure that shows nothing: wrong');
  t.equal(told(failsWith({ shows: 'another' }), OVER), 'the evidence is not from the history');
  t.match(told(failsWith({ shows: 'one' }), ASK), /^fail: wrong$/);
});

t.test('each bystander is like an event, and another; those to whom it matters are checkers', async (t) => {
  await loadCheckers();
  const events = [
    ...ASK,
    OVER,
    watched('frames', 'access'),
    counted(1, 'nlb1', 'beats', {}),
    logged(0, { monotonicMs: 1 }),
    served(1, 'server1', 'a', 'b'),
  ];
  for (const { what, beside, mattersTo } of BYSTANDERS) {
    const made = events.flatMap((event) => beside(event).map((other) => ({ event, other })));
    for (const { event, other } of made) {
      t.equal(other.kind, event.kind, what);
      t.equal(other.atNs, event.atNs, what);
      t.strictNotSame(other, event, what);
    }
    for (const name of mattersTo) t.ok(checkerNames().includes(name), `${name} is a checker`);
  }
});
