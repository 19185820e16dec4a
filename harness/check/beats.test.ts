import t from 'tap';
import { beatsGoOn } from './beats.ts';
import { act, OVER, shown, standstill, told, udp, watched } from './literal-history.ts';
import { NS_PER_MS } from './span.ts';

const port = (node: string, leg: string) => ({ lan: leg, node, leg });
const MACS = { source: '02:00:00:00:00:0b', destination: '02:00:00:00:00:0c' };
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const blocked = (fromMs: number, untilMs: number, node = 'nlb1') => ({
  ...act(fromMs, 'blocked', node),
  untilNs: untilMs * NS_PER_MS,
});
const beats = (leg: string, ms: number[], { node = 'nlb1', destinationPort = 4694 } = {}) =>
  ms.flatMap((atMs) => {
    const flow = { source: '10.77.1.11', sourcePort: 4694, destination: '10.77.1.12', destinationPort };
    return udp({ atMs, from: port(node, leg), to: [] }, MACS, flow);
  });

const whilst = { what: 'blocked', node: 'nlb1', times: 1, lastingMs: 50 };
const goOn = beatsGoOn({
  ports: [port('nlb1', 'access'), port('nlb1', 'server')],
  beatPort: 4694,
  whilst,
  pauseAtMostMs: 20,
});
const EVEN = [90, 105, 120, 140, 155];

t.test('beats leave by each leg without a long pause while something is done', async (t) => {
  const both = [beats('access', EVEN), beats('server', EVEN)].flat();
  t.match(told(goOn, SEEN, blocked(100, 160), both, OVER), /^pass: the longest pause of nlb1\/access .* was 20 ms/);
  t.same(shown(goOn, SEEN, blocked(100, 160), both, OVER), ['act 100', 'frame 120', 'frame 140']);
  t.match(told(goOn, SEEN, blocked(100, 150), both, OVER), /^pass/, 'it lasted just long enough');
  const around = [beats('access', EVEN), beats('server', [70, 105, 120, 140, 155, 190])].flat();
  t.match(told(goOn, SEEN, blocked(100, 160), around, OVER), /^pass: .* 20 ms/, 'pauses before and after are others');
  const anywhere = beatsGoOn({
    ports: [port('nlb1', 'access')],
    beatPort: 4694,
    whilst: { what: 'blocked', times: 1, lastingMs: 50 },
    pauseAtMostMs: 20,
  });
  t.match(told(anywhere, SEEN, blocked(100, 160, 'nlb2'), both, OVER), /^pass: .* whilst "blocked" was 20 ms/);
  t.same(shown(goOn, SEEN, blocked(100, 190), both, OVER), ['act 100', 'frame 155']);
  const hole = EVEN.filter((ms) => ms !== 120);
  t.match(
    told(goOn, SEEN, blocked(100, 160), beats('access', EVEN), beats('server', hole), OVER),
    /^fail: .*server .* 35 ms/,
  );
  t.match(
    told(goOn, SEEN, blocked(100, 160), beats('access', EVEN), beats('server', hole), standstill(110, 125), OVER),
    /^pass/,
    'the machine stood still',
  );
  t.match(
    told(goOn, SEEN, blocked(100, 190), both, OVER),
    /^fail: .* 35 ms/,
    'the last pause goes to the end of the act',
  );
  t.match(told(goOn, SEEN, blocked(60, 160), both, OVER), /^fail: .* 30 ms/, 'and the first one from its beginning');
  t.match(told(goOn, SEEN, blocked(100, 160), beats('access', EVEN), OVER), /^fail: .*server .* 60 ms/);
  t.match(told(goOn, SEEN, blocked(300, 360), both, OVER), /^fail/, 'beats at other times do not count');
  const foreign = [beats('server', EVEN, { node: 'nlb2' }), beats('server', EVEN, { destinationPort: 53 })].flat();
  t.match(told(goOn, SEEN, blocked(100, 160), beats('access', EVEN), foreign, OVER), /^fail/, 'nor do those of others');
  t.match(told(goOn, SEEN, blocked(100, 160), both, blocked(500, 560), OVER), /^fail/, 'each time counts');
});

t.test('where nothing was done, or not for long, nothing is known', async (t) => {
  const both = [beats('access', EVEN), beats('server', EVEN)].flat();
  t.match(told(goOn, SEEN, both, OVER), /^unknown: "blocked" on nlb1 was done 0 times/);
  t.match(told(goOn, SEEN, both, blocked(100, 160, 'nlb2'), OVER), /^unknown/);
  t.match(told(goOn, SEEN, both, act(100, 'blocked', 'nlb1'), OVER), /^unknown: .* lasted 0 ms; 50 ms were meant/);
  t.match(told(goOn, SEEN, both, blocked(100, 149)), /^unknown: .* lasted 49 ms; 50 ms were meant/);
  t.same(shown(goOn, SEEN, both, blocked(100, 149)), ['act 100']);
  t.match(told(goOn, blocked(100, 160), both, OVER), /^unknown: frames of access were not watched/);
});
