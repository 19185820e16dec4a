import t from 'tap';
import { OVER, shown, told, udp } from './literal-history.ts';
import { longestPause, paused } from './pause.ts';

const MACS = { source: '02:00:00:00:00:0b', destination: '02:00:00:00:00:0c' };
const beat = (atMs: number, node = 'nlb1', leg = 'access', destinationPort = 4694) =>
  udp({ atMs, from: { lan: leg, node, leg }, to: [] }, MACS, {
    source: '10.77.1.11',
    sourcePort: 4694,
    destination: '10.77.1.12',
    destinationPort,
  });
const beats = (...instants: number[]) => instants.flatMap((atMs) => beat(atMs));

t.test('a sender’s longest pause is between two of its datagrams, by whatever leg', async (t) => {
  const found = longestPause([...beats(0, 20, 90), ...beat(40, 'nlb1', 'server')], { node: 'nlb1', port: 4694 });
  t.same([found?.last.atNs, found?.next.atNs], [40e6, 90e6]);
  t.equal(longestPause(beats(5), { node: 'nlb1', port: 4694 }), undefined);
});

t.test('a stall that was too short or too long proves nothing', async (t) => {
  const held = paused({ node: 'nlb1', port: 4694, atLeastMs: 50, lessThanMs: 150 });
  t.match(told(held, beats(0, 20, 71, 90), OVER), 'pass: nlb1 was silent for 51 ms');
  t.match(told(held, beats(0, 20, 70), OVER), /^pass/, 'just so long');
  t.match(told(held, beats(0, 20, 170), OVER), /^unknown/, 'less than that');
  t.same(shown(held, beats(0, 20, 71, 90, 141), OVER), ['frame 20', 'frame 71'], 'the first of equal ones');
  t.match(told(held, beats(0, 20, 71), beat(40, 'nlb2'), OVER), /^pass/, 'another node’s are not meant');
  t.match(told(held, beats(0, 20, 71), beat(40, 'nlb1', 'access', 53), OVER), /^pass/, 'nor other ports');
  t.match(told(held, beats(0, 20, 40, 60), OVER), 'unknown: nlb1 was silent for 20 ms; 50 ms were meant');
  t.match(told(held, beats(0, 20, 200), OVER), /^unknown: .* 180 ms; less than 150 ms were meant/);
  t.match(told(held, beats(0), OVER), 'unknown: nlb1 was not seen sending twice');
});
