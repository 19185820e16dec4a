import t from 'tap';
import { act, OVER, shown, tcp, told, watched } from './literal-history.ts';
import { downloadNarrowed } from './path-mtu.ts';

const ROUTER = { lan: 'internet', node: 'router', leg: 'internet' };
const CLIENT = { lan: 'internet', node: 'client1', leg: 'internet' };
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0a' };
const SEEN = watched('frames', 'internet');
const NARROW = act(100, 'narrow');

/** A packet of so many octets, headers included. */
const came = (atMs: number, octets: number, source = '203.0.113.10') =>
  tcp({ atMs, from: ROUTER, to: [CLIENT] }, MACS, {
    source,
    sourcePort: 7,
    destination: '198.51.100.10',
    destinationPort: 4711,
    flags: ['ack'],
    text: 'x'.repeat(octets - 40),
  });

t.test('a download goes on in packets that fit a narrower path', async (t) => {
  const options = { port: CLIENT, clusterAddress: '203.0.113.10', mtu: 1200, after: { what: 'narrow' }, atLeast: 2 };
  const goesOn = downloadNarrowed(options);
  const before = [...came(10, 1500), ...came(20, 1500)];
  const later = [...came(200, 1200), ...came(210, 1196)];
  t.equal(
    told(goesOn, SEEN, before, NARROW, later, OVER),
    'pass: 2 longer packets before, and then 2 of up to 1200 octets, reached client1/internet',
  );
  t.same(shown(goesOn, SEEN, before, NARROW, later, OVER), ['act 100', 'frame 20.01', 'frame 200.01']);
  t.match(told(goesOn, SEEN, before, NARROW, came(99.99, 1500), later, OVER), /^pass: 2 longer/, 'at that very moment');
  t.match(told(goesOn, SEEN, before, NARROW, came(200, 1200), came(210, 1080), OVER), /^pass/, 'nine tenths fill it');
  t.same(shown(goesOn, SEEN, before, NARROW, later, came(220, 1500), OVER), ['act 100', 'frame 220.01']);
  t.same(shown(goesOn, SEEN, NARROW, later, OVER), ['act 100']);
  const longLater = [came(300, 1500), came(310, 1500)];
  t.match(told(goesOn, SEEN, NARROW, ...longLater, OVER), /^unknown: 0 longer packets before/);
  t.match(told(goesOn, SEEN, before, NARROW, OVER), /^fail: .* then 0 of up to 1200/);
  t.match(told(goesOn, SEEN, before, NARROW, came(200, 1200), came(210, 40), OVER), /^fail: .* then 1 of/);
  t.match(told(goesOn, SEEN, before, NARROW, later.slice(2), came(220, 1200, '203.0.113.11'), OVER), /^fail/);
  t.match(told(goesOn, SEEN, before, NARROW, later, came(220, 1500), OVER), /^unknown: .* not narrowed/);
  t.match(told(goesOn, SEEN, came(10, 1200), NARROW, later, OVER), /^unknown: 0 longer .* no download/);
  t.match(told(goesOn, SEEN, before, later, OVER), /^unknown: "narrow" was not done/);
  t.match(told(goesOn, before, NARROW, later, OVER), /^unknown: frames of internet/);
});
