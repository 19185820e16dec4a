import t from 'tap';
import { conflictRecorded, defended, EVENTS_READ } from './defence.ts';
import { act, arp, OVER, shown, standstill, told, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const [MAC1, CLAIMANT] = ['02:00:00:00:00:0b', '02:00:00:00:00:99'];
const NLB1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const NLB2 = { lan: 'access', node: 'nlb2', leg: 'access' };
const SEEN = watched('frames', 'access');
const END = act(9000, 'over');

const claim = (atMs: number) =>
  arp({ atMs, from: NLB2, to: [NLB1] }, { operation: 'request', senderMac: CLAIMANT, senderIp: NLBS, targetIp: NLBS });
const announce = (atMs: number) =>
  arp({ atMs, from: NLB1, to: [NLB2] }, { operation: 'request', senderMac: MAC1, senderIp: NLBS, targetIp: NLBS });
const at = <T>(make: (atMs: number) => T[], ...instants: number[]): T[] => instants.flatMap(make);
const CLAIMS = at(claim, 100, 600, 1200, 1800, 2400, 3000, 3600);

t.test('claims are contradicted at once, at a bounded rate, and to the end', async (t) => {
  const holds = defended({ address: NLBS, port: NLB1, claimant: CLAIMANT, atOnceMs: 50, everyMs: 1000 });
  const good = at(announce, 110, 1110, 2110, 3110, 4110);
  t.match(told(holds, SEEN, CLAIMS, good, END), /^pass: 7 claims in 3500 ms, contradicted 5 times/);
  t.same(shown(holds, SEEN, CLAIMS, good, END).slice(0, 3), ['frame 100.01', 'frame 110', 'frame 1110']);
  t.match(told(holds, SEEN, announce(50), CLAIMS, good, END), /^pass: .* 5 times/, 'one from before is none of them');
  t.match(told(holds, SEEN, CLAIMS, at(announce, 100.01, 1110, 2110, 3110, 4110), END), /^pass: .* 5 times/, 'at once');
  t.match(
    told(holds, SEEN, CLAIMS, at(announce, 110, 1010, 2110, 3110, 4110), END),
    /^pass/,
    'nine tenths of the time',
  );
  const short = [at(claim, 100, 1000, 2000, 2110), at(announce, 110, 1110, 2110.01)].flat();
  t.match(told(holds, SEEN, short, END), /^pass: 4 claims in 2010 ms/, 'the last one at once, too');
  t.match(told(holds, SEEN, at(claim, 100, 1000, 2100), good, END), /^unknown: the claims went on for 2000 ms only/);
  const says = (senderMac: string, senderIp: string) => (atMs: number) =>
    arp({ atMs, from: NLB2, to: [NLB1] }, { operation: 'request', senderMac, senderIp, targetIp: NLBS });
  t.match(told(holds, SEEN, at(says('02:00:00:00:00:98', NLBS), 100, 3000), good, END), /^unknown: no claim/);
  t.match(told(holds, SEEN, at(says(CLAIMANT, '10.77.1.9'), 100, 3000), good, END), /^unknown: no claim/);
  t.match(told(holds, SEEN, CLAIMS, END), /^fail: a claim stood for Infinity ms/);
  t.match(
    told(holds, SEEN, CLAIMS, at(announce, 200, 1200, 2200, 3200, 4200), END),
    /^fail: a claim stood for 99.99 ms/,
  );
  const late = at(announce, 200, 1200, 2200, 3200, 4200);
  t.match(told(holds, SEEN, CLAIMS, late, standstill(110, 190), END), /^pass/, 'the machine stood still');
  t.match(told(holds, SEEN, CLAIMS, late, standstill(110, 150), END), /^fail: a claim stood for 59.99 ms/);
  t.match(told(holds, SEEN, CLAIMS, good, announce(1900), END), /^fail: it was announced twice within 1000 ms/);
  t.match(told(holds, SEEN, CLAIMS, at(announce, 110, 1110, 2110, 3110), END), /^fail: a claim stood for Infinity/);
  t.match(told(holds, SEEN, CLAIMS, at(announce, 110, 1110, 3110, 4110), END), /^fail: a claim stood for 1909.99 ms/);
  t.match(
    told(holds, SEEN, at(claim, 100, 600), at(announce, 110, 1110), END),
    /^unknown: the claims went on for 500 ms/,
  );
  t.match(
    told(holds, SEEN, at(claim, 100, 200), at(announce, 110, 210), END),
    /^fail: it was announced twice within 1000 ms/,
    'though the claims ended soon',
  );
  t.match(told(holds, SEEN, good, END), /^unknown: no claim/);
  t.match(told(holds, CLAIMS, good, END), /^unknown: frames of access were not watched/);
  t.match(told(holds, CLAIMS, END), /^unknown: frames of access/, 'a defence may have been missed');
});

t.test('the log tells who claimed the address, how often, and that it is over', async (t) => {
  const recorded = conflictRecorded({ address: NLBS, port: NLB1, claimant: CLAIMANT });
  const read = (...lines: object[]) => ({
    ...act(900, EVENTS_READ, 'nlb1'),
    detail: lines.map((line) => JSON.stringify(line)).join('\n'),
  });
  const two = at(claim, 100, 200);
  const begun = { event: 'conflict', macs: [CLAIMANT], claims: 1, over: false };
  const over = { ...begun, claims: 2, over: true };
  t.match(told(recorded, SEEN, two, read({ event: 'state' }, begun, over), OVER), /^pass: the log tells of 2 claims/);
  t.same(shown(recorded, SEEN, two, read(over), OVER), ['act 900']);
  const later = [{ ...read(begun), node: 'nlb2', atNs: 950e6 }, act(960, 'something else', 'nlb1')];
  t.match(told(recorded, SEEN, two, read(over), later, OVER), /^pass/, 'the node’s own log');
  t.match(told(recorded, SEEN, two, read({ event: 'conflict' }, over), OVER), /^pass/, 'which may have others');
  t.match(told(recorded, SEEN, two, read({ ...over, event: 'state' }), OVER), /^fail: no conflict/);
  t.match(told(recorded, SEEN, two, act(900, EVENTS_READ, 'nlb1'), OVER), /^fail: no conflict/, 'nothing was in it');
  t.match(told(recorded, SEEN, two, read(begun), OVER), /^fail: .* of 0 claims .* and 2 came/);
  t.match(told(recorded, SEEN, two, read({ ...over, macs: [MAC1] }), OVER), /^fail: no conflict with/);
  t.match(told(recorded, SEEN, two, read(), OVER), /^fail: no conflict/);
  t.match(told(recorded, two, read(over), OVER), /^unknown: frames of access/);
  t.match(told(recorded, SEEN, two, OVER), /^unknown: "read the event log" on nlb1 was not done/);
  t.match(told(recorded, SEEN, read(over), OVER), /^unknown: no claim/);
});
