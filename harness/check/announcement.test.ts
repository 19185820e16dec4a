import t from 'tap';
import { announcedOnTakeover, neighbourReplaced } from './announcement.ts';
import { address, arp, neighbour, OVER, shown, standstill, told, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const NLB2 = { lan: 'access', node: 'nlb2', leg: 'access' };
const FW1 = { lan: 'access', node: 'fw1', leg: 'access' };
const OLD = '02:00:00:00:00:0b';
const NEW = '02:00:00:00:00:0c';
const SEEN = [watched('frames', 'access'), watched('neighbours', 'fw1')];

const announce = (atMs: number, more: object = {}, to = [FW1]) =>
  arp({ atMs, from: NLB2, to }, { operation: 'request', senderMac: NEW, senderIp: NLBS, targetIp: NLBS, ...more });
const added = (atMs: number) =>
  address(atMs, { node: 'nlb2', device: 'access', address: `${NLBS}/32`, change: 'added' });
const entry = (atMs: number, mac: string | undefined, state = 'REACHABLE') =>
  neighbour(atMs, { node: 'fw1', device: 'access', address: NLBS, state, ...(mac ? { mac } : {}) });
const ask = (atMs: number) =>
  arp(
    { atMs, from: FW1, to: [NLB2] },
    { operation: 'request', senderMac: '02:00:00:00:00:01', senderIp: '10.77.1.2', targetIp: NLBS },
  );

/** What is like the matter at hand, and has nothing to do with it. */
const NOISE = [
  neighbour(2, { node: 'fw1', device: 'access', address: '10.77.1.1', state: 'REACHABLE', mac: NEW }),
  neighbour(101, { node: 'fw1', device: 'wan', address: NLBS, state: 'REACHABLE', mac: NEW }),
  neighbour(101, { node: 'fw2', device: 'access', address: NLBS, state: 'REACHABLE', mac: NEW }),
  neighbour(102, { node: 'fw1', device: 'access', address: '10.77.1.1', state: 'REACHABLE', mac: NEW }),
  announce(10, { targetIp: '10.77.1.2' }),
  announce(20, { senderIp: '10.77.1.12' }),
].flat();

t.test('a new active announces the address at once, by a broadcast request', async (t) => {
  const asking = announce(100, { targetIp: '10.77.1.2' });
  const announced = announcedOnTakeover({ address: NLBS, port: NLB2, device: 'access', mac: NEW, withinMs: 1 });
  t.match(
    told(announced, SEEN, added(100), announce(100.4), announce(300), OVER),
    /^pass: .* 0\.4 ms after the address event$/,
  );
  const overrun = watched('addresses', 'nlb2', 1);
  t.match(told(announced, SEEN, overrun, added(100), announce(100.4), OVER), /^unknown: .* 1 were missed/);
  t.match(told(announced, SEEN, added(100), announce(99.8), OVER), /^pass/, 'the event is read after the fact');
  t.match(told(announced, SEEN, added(100), announce(99), OVER), /^pass/, 'by as much as the bound at most');
  const lost = address(100, { node: 'nlb2', device: 'access', address: `${NLBS}/32`, change: 'removed' });
  t.match(told(announced, SEEN, lost, announce(100), OVER), /^unknown: nlb2 did not add/);
  const elsewhere = { ...added(100), device: 'server' };
  t.match(told(announced, SEEN, elsewhere, announce(100), OVER), /^unknown: nlb2 did not add .* to access/);
  t.match(
    told(announced, SEEN, added(100), announce(100, { senderIp: '10.77.1.12' }), OVER),
    /^fail: .* announced nothing/,
  );
  t.match(told(announced, SEEN, added(100), announce(101.5), OVER), /^fail: .* 1\.5 ms after/);
  t.match(told(announced, SEEN, added(100), standstill(100.1, 121), announce(121.5), OVER), /^pass: .* 0\.6 ms after/);
  t.match(told(announced, SEEN, added(100), standstill(100.1, 121), announce(122.5), OVER), /^fail: .* 1\.6 ms after/);
  const heldUp = [standstill(92, 96), standstill(96, 99.9)].flat();
  t.match(told(announced, SEEN, announce(92.5), heldUp, added(100), OVER), /^pass/, 'and later where it was held up');
  t.match(told(announced, SEEN, announce(90.5), heldUp, added(100), OVER), /^fail/, 'but not by more than that');
  t.match(
    told(announced, SEEN, added(100), announce(100), added(500), OVER),
    /^fail: .* announced nothing/,
    'each time',
  );
  t.match(
    told(announced, SEEN, added(100), announce(100, { operation: 'reply' }), OVER),
    /^fail: .* no request but reply/,
  );
  t.match(told(announced, SEEN, added(100), announce(100, { destination: OLD }), OVER), /^fail: .* not to all/);
  t.match(told(announced, SEEN, added(100), announce(100, { senderMac: OLD }), OVER), /^fail: .* names/);
  t.match(told(announced, SEEN, added(100), announce(100, { source: OLD }), OVER), /^fail: .* sent from/);
  t.match(told(announced, SEEN, added(100), OVER), /^fail: .* announced nothing/);
  t.match(told(announced, SEEN, added(100), asking, OVER), /^fail: .* announced nothing/, 'asking is not announcing');
  t.match(told(announced, SEEN, added(100), announce(50), OVER), /^fail: .* announced nothing/, 'nor was it before');
  const late = [entry(10, OLD), announce(82), added(100), entry(100.5, NEW, 'STALE')];
  t.match(told(announced, SEEN, ...late, OVER), /^pass: .* -18 ms after .*; such events were read 18\.49 ms late/);
  const early = [entry(10, OLD), announce(82), entry(82.1, NEW, 'STALE'), added(100)];
  t.match(
    told(announced, SEEN, ...early, OVER),
    /^fail: .* announced nothing/,
    'readers were on time: it came too early',
  );
  const later = [entry(10, OLD), announce(82), added(84), entry(100.5, NEW, 'STALE'), announce(182)];
  t.match(told(announced, SEEN, ...later, OVER), /^pass: .* -2 ms after/);
  t.match(
    told(announced, SEEN, entry(10, OLD), added(100), announce(150), entry(190, NEW), OVER),
    /^fail: .* 50 ms after/,
  );
  t.match(told(announced, added(100), OVER), /^unknown: frames of access/);
  t.match(told(announced, SEEN, announce(100), OVER), /^unknown: nlb2 did not add/);
});

t.test('the announcement replaces the entry in the firewall', async (t) => {
  const tables = [{ node: 'fw1', device: 'access', port: FW1 }];
  const replaced = neighbourReplaced({ address: NLBS, mac: NEW, announcer: NLB2, tables, withinMs: 5 });
  t.match(told(replaced, SEEN, entry(1, OLD), announce(100), entry(101, NEW, 'STALE'), OVER), /^pass: fw1 replaced/);
  t.match(told(replaced, SEEN, entry(1, OLD), announce(100), entry(110, NEW), OVER), /^fail: .* only after 9\.99 ms/);
  t.match(told(replaced, SEEN, entry(1, OLD), announce(100), OVER), /^fail: fw1 kept 02:00:00:00:00:0b/);
  t.match(
    told(replaced, SEEN, entry(1, NEW), entry(2, OLD), announce(100), OVER),
    /^fail: fw1 kept/,
    'it did so before',
  );
  const before = announce(50, { senderMac: OLD });
  t.match(
    told(replaced, SEEN, entry(1, OLD), before, announce(100), entry(101, NEW), OVER),
    /^pass/,
    'what another said',
  );
  t.match(told(replaced, SEEN, entry(1, OLD), announce(100), entry(101, OLD), OVER), /^fail: fw1 kept/);
  t.match(
    told(replaced, SEEN, entry(1, OLD), announce(100), entry(99.95, NEW), OVER),
    /^pass/,
    'clocks differ a little',
  );
  t.match(told(replaced, SEEN, entry(1, OLD), announce(100), entry(99.91, NEW), OVER), /^pass/, 'so much');
  t.match(told(replaced, SEEN, entry(1, OLD), announce(100), entry(99.9, NEW), OVER), /^unknown: fw1 had .* already/);
  const quick = [entry(1, OLD), announce(100), entry(101, NEW)].flat();
  t.match(told(replaced, SEEN, quick, ask(99), ask(102), OVER), /^pass/, 'it may ask at other times');
  t.match(told(replaced, SEEN, quick, ask(100.01), OVER), /^fail: fw1 had to ask/);
  t.match(told(replaced, SEEN, quick, ask(101), OVER), /^fail: fw1 had to ask/);
  const says = (fields: { operation: 'request' | 'reply'; targetIp: string }) =>
    arp({ atMs: 100.5, from: FW1, to: [NLB2] }, { senderMac: '02:00:00:00:00:01', senderIp: '10.77.1.2', ...fields });
  t.match(
    told(replaced, SEEN, quick, says({ operation: 'request', targetIp: '10.77.1.9' }), OVER),
    /^pass/,
    'for others',
  );
  t.match(told(replaced, SEEN, quick, says({ operation: 'reply', targetIp: NLBS }), OVER), /^pass/, 'and answer');
  t.match(told(replaced, quick, OVER), /^pass/, 'what was seen to change has changed');
  t.match(
    told(replaced, SEEN, watched('neighbours', 'fw1', 1), quick, OVER),
    /^unknown: .* 1 were missed; .* replaced/,
  );
  t.match(
    told(replaced, watched('neighbours', 'fw1'), entry(1, OLD), announce(100), OVER),
    /^unknown: frames of access/,
  );
  t.same(shown(replaced, SEEN, quick, OVER), ['neighbour 1', 'frame 100.01', 'neighbour 101']);
  const kept = [entry(1, NEW), announce(100)].flat();
  t.same(shown(replaced, SEEN, kept, OVER), ['neighbour 1', 'frame 100.01']);
  t.same(shown(replaced, SEEN, announce(100), OVER), ['frame 100.01']);
  const late = [entry(1, OLD), announce(100), ask(100.5), entry(101, NEW), OVER].flat();
  t.match(told(replaced, SEEN, late), /^fail: fw1 had to ask/);
  t.match(told(replaced, SEEN, NOISE, entry(1, OLD), announce(100), OVER), /^fail: fw1 kept/);
  t.match(told(replaced, SEEN, NOISE, entry(1, OLD), announce(100), entry(101, NEW), OVER), /^pass/);
  t.match(told(replaced, SEEN, announce(100), entry(101, NEW), OVER), /^unknown: fw1 had no entry/);
  const gone = [entry(1, OLD), entry(2, OLD, 'REMOVED'), announce(100), entry(101, NEW), OVER].flat();
  t.match(told(replaced, SEEN, gone), /^unknown: fw1 had no entry/);
  t.match(told(replaced, SEEN, entry(1, NEW), announce(100), OVER), /^unknown: fw1 had .* already/);
  t.match(told(replaced, SEEN, entry(1, OLD), OVER), /^unknown: nlb2\/access announced nothing/);
  t.match(told(replaced, SEEN, entry(1, OLD), announce(100, {}, []), OVER), /^unknown: .* did not reach fw1/);
  t.match(
    told(replaced, watched('frames', 'access'), entry(1, OLD), announce(100), OVER),
    /^unknown: neighbours of fw1/,
  );
});

t.test('each table is judged, and the worst decides', async (t) => {
  const options = { address: NLBS, mac: NEW, announcer: NLB2, withinMs: 5 };
  const FW2 = { ...FW1, node: 'fw2' };
  const [one, other] = [FW1, FW2].map((port) => ({ node: port.node, device: 'access', port }));
  if (!one || !other) throw new Error('there are two');
  const seen = [SEEN, watched('neighbours', 'fw2'), entry(1, OLD), announce(100, {}, [FW1, FW2])].flat();
  const second = (atMs: number, mac: string) => ({ ...entry(atMs, mac), node: 'fw2' });
  const both = neighbourReplaced({ ...options, tables: [one, other] });
  t.match(
    told(both, seen, entry(101, NEW), second(1, OLD), second(102, NEW), OVER),
    /^pass: fw1 replaced .* the announcement; fw2 replaced/,
  );
  t.match(told(both, seen, entry(101, NEW), OVER), /^unknown: fw2 had no entry/);
  t.match(told(neighbourReplaced({ ...options, tables: [other, one] }), seen, OVER), /^fail: fw1 kept/);
  t.match(told(both, seen, entry(101, NEW), second(1, OLD), OVER), /^fail: fw2 kept/);
  t.equal(told(neighbourReplaced({ ...options, tables: [] }), seen, OVER), 'unknown: no table was named');
  const first = neighbourReplaced({ ...options, tables: [one] });
  const elsewhere = [SEEN, entry(1, OLD), announce(100, {}, [FW2]), OVER].flat();
  t.match(told(first, elsewhere), /^unknown: the announcement did not reach fw1/);
});
