import t from 'tap';
import { act, address, arp, neighbour, OVER, shown, told, watched } from './literal-history.ts';
import { announcedAgain, tablesRightAgain } from './tables.ts';

const NLBS = '10.77.1.100';
const [MAC1, MAC2] = ['02:00:00:00:00:0b', '02:00:00:00:00:0c'];
const NLB1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const FW1 = { lan: 'access', node: 'fw1', leg: 'access' };
const FW2 = { lan: 'access', node: 'fw2', leg: 'access' };
const TABLES = [FW1, FW2].map((port) => ({ node: port.node, device: 'access', port }));
const SEEN = [watched('neighbours', 'fw1'), watched('neighbours', 'fw2'), watched('frames', 'access')];

const entry = (atMs: number, node: string, mac: string, state = 'STALE') =>
  neighbour(atMs, { node, device: 'access', address: NLBS, mac, state });
const both = (atMs: number, mac: string) => [entry(atMs, 'fw1', mac), entry(atMs, 'fw2', mac)];
const announce = (atMs: number, to = [FW1, FW2]) =>
  arp({ atMs, from: NLB1, to }, { operation: 'request', senderMac: MAC1, senderIp: NLBS, targetIp: NLBS });
const claimed = { ...act(100, 'claim'), untilNs: 300_000_000 };

t.test('misled tables are right again in time after an act', async (t) => {
  const base = { address: NLBS, mac: MAC1, tables: TABLES, misled: ['fw1', 'fw2'], withinMs: 100 };
  const right = tablesRightAgain({ ...base, after: { what: 'claim' } });
  const wrong = [SEEN, both(10, MAC1), claimed, both(290, MAC2)].flat();
  t.match(told(right, wrong, both(350, MAC1), OVER), /^pass: fw1 named .* after 50 ms; fw2 named/);
  t.same(shown(right, wrong, both(350, MAC1), OVER), [
    'act 100',
    'act 100',
    'neighbour 290',
    'neighbour 350',
    'act 100',
    'neighbour 290',
    'neighbour 350',
  ]);
  t.match(told(right, wrong, both(300, MAC1), OVER), /^pass: fw1 named .* after 0 ms/, 'as it ends');
  const unresolved = { ...entry(400, 'fw1', ''), state: 'INCOMPLETE' };
  const { mac: _, ...nobody } = unresolved;
  t.match(told(right, wrong, both(350, MAC1), nobody, OVER), /^pass/, 'an entry without an address names nobody');
  for (const state of ['FAILED', 'REMOVED']) {
    t.match(told(right, wrong, both(350, MAC1), entry(360, 'fw2', MAC2, state), OVER), /^pass/, `${state} is no entry`);
    t.match(
      told(right, wrong, entry(350, 'fw1', MAC1, state), entry(350, 'fw2', MAC1), OVER),
      /^fail: fw1 still/,
      state,
    );
  }
  const elsewhere = [
    { ...entry(500, 'fw1', MAC2), device: 'wan' },
    { ...entry(500, 'fw1', MAC2), address: '10.77.1.9' },
  ];
  t.match(told(right, wrong, both(350, MAC1), elsewhere, OVER), /^pass/, 'other entries are other matters');
  const long = [SEEN, both(5, MAC2), both(10, MAC1), claimed].flat();
  t.match(told(right, long, OVER), /^unknown: fw1 never named another/, 'what was wrong before it is another matter');
  t.match(told(right, SEEN, both(10, MAC2), both(100, MAC1), claimed, OVER), /^unknown: fw1 never named another/);
  t.match(told(right, SEEN, claimed, both(290, MAC2), both(350, MAC1), OVER), /^pass/, 'there need be no entry before');
  const overrun = watched('neighbours', 'fw2', 4);
  t.match(told(right, wrong, overrun, both(350, MAC1), OVER), /^unknown: .* 4 were missed; otherwise: fw1 named/);
  t.match(told(right, wrong, both(410, MAC1), OVER), /^fail: fw1 named 02:00:00:00:00:0c for another 110 ms/);
  t.match(told(right, wrong, entry(350, 'fw1', MAC1), OVER), /^fail: fw2 still names 02:00:00:00:00:0c/);
  t.match(told(right, wrong, both(350, MAC1), both(500, MAC2), OVER), /^fail: fw1 still names/, 'it must stay so');
  t.match(told(right, SEEN, both(10, MAC1), claimed, OVER), /^unknown: fw1 never named another .* not misled/);
  t.match(told(right, SEEN, both(10, MAC2), claimed, both(295, MAC1), OVER), /^pass: .* before its end/);
  t.match(told(right, SEEN, both(10, MAC1), OVER), /^unknown: it did not come to pass: "claim"/);
  t.match(
    told(right, both(10, MAC2), claimed, OVER),
    /^unknown: neighbours of fw1 were not watched; otherwise: fw1 still/,
  );
  const before = tablesRightAgain({ ...base, after: { what: 'claim' }, before: { what: 'go on' } });
  const goesOn = [wrong, both(350, MAC1), act(400, 'go on'), both(500, MAC2)].flat();
  t.match(told(before, goesOn, OVER), /^pass: fw1 named .* after 50 ms/);
  t.match(told(before, wrong, act(340, 'go on'), both(350, MAC1), OVER), /^fail: fw1 still/);
  t.match(told(before, wrong, act(350, 'go on'), both(350, MAC1), OVER), /^fail: fw1 still/);
  t.match(told(before, wrong, both(350, MAC1), OVER), /^pass/, 'where that is not done, to the end');
  const gone = entry(320, 'fw2', MAC2, 'FAILED');
  t.match(
    told(right, wrong, both(350, MAC1), gone, entry(330, 'fw2', MAC1), OVER),
    /^pass/,
    'a failed entry misleads nobody',
  );
  const asks = arp(
    { atMs: 340, from: FW2, to: [NLB1] },
    { operation: 'request', senderMac: MAC2, senderIp: '10.77.1.3', targetIp: NLBS },
  );
  t.match(told(right, wrong, both(350, MAC1), asks, OVER), /^unknown: fw2 asked for itself/);
  t.same(shown(right, wrong, both(350, MAC1), asks, OVER), ['act 100', 'neighbour 290', 'neighbour 350', 'frame 340']);
  const asksAt = (atMs: number, more: object = {}) =>
    arp(
      { atMs, from: FW2, to: [NLB1] },
      { operation: 'request', senderMac: MAC2, senderIp: '10.77.1.3', targetIp: NLBS, ...more },
    );
  for (const atMs of [300, 350]) {
    t.match(told(right, wrong, both(350, MAC1), asksAt(atMs), OVER), /^unknown: fw2 asked/, `at ${atMs} ms`);
  }
  const none = [asksAt(299), asksAt(351), asksAt(340, { operation: 'reply' }), asksAt(340, { targetIp: '10.77.1.9' })];
  t.match(told(right, wrong, both(350, MAC1), ...none, OVER), /^pass/, 'at other times, for others, or to answer');

  const one = tablesRightAgain({ ...base, misled: ['fw2'], after: { what: 'claim' } });
  t.match(
    told(one, SEEN, both(10, MAC1), claimed, entry(290, 'fw2', MAC2), entry(350, 'fw2', MAC1), OVER),
    /^pass: fw1 never/,
  );
  t.same(shown(one, SEEN, both(10, MAC1), claimed, entry(290, 'fw2', MAC2), both(350, MAC1), OVER).slice(0, 2), [
    'act 100',
    'neighbour 350',
  ]);
  t.match(told(tablesRightAgain({ ...base, tables: [], after: { what: 'claim' } }), claimed), /^unknown: no table/);
});

t.test('misled tables are right again in time after an announcement', async (t) => {
  const right = tablesRightAgain({
    address: NLBS,
    mac: MAC1,
    tables: TABLES,
    misled: ['fw1', 'fw2'],
    after: { announcedBy: NLB1 },
    withinMs: 100,
  });
  t.match(told(right, SEEN, both(10, MAC2), announce(200, []), both(299, MAC1), OVER), /^pass/);
  t.match(told(right, SEEN, both(10, MAC2), announce(200, []), both(301, MAC1), OVER), /^fail/);
  t.match(
    told(right, SEEN, both(10, MAC2), OVER),
    /^unknown: it did not come to pass: an announcement of nlb1\/access/,
  );
});

t.test('a lost announcement is followed by another, some time later', async (t) => {
  const again = announcedAgain({ address: NLBS, port: NLB1, hearers: [FW1, FW2], leastMs: 50 });
  t.match(told(again, SEEN, announce(100, []), announce(200), OVER), /^pass: another .* 100 ms after/);
  t.match(told(again, SEEN, announce(100, []), announce(150), OVER), /^pass/, 'just so long');
  t.same(shown(again, SEEN, announce(100, []), announce(200), OVER), ['frame 100', 'frame 200']);
  t.same(shown(again, SEEN, announce(100, [FW1]), announce(200), OVER), ['frame 100']);
  const says = (atMs: number, more: object = {}) =>
    arp(
      { atMs, from: { ...NLB1, node: 'nlb2' }, to: [FW1] },
      { operation: 'reply', senderMac: MAC1, senderIp: NLBS, targetIp: '10.77.1.2', ...more },
    );
  const others = [says(95), says(105, { senderMac: MAC2 }), says(105, { senderIp: '10.77.1.11' }), says(111)].flat();
  t.match(told(again, SEEN, announce(100, []), others, announce(200), OVER), /^pass/, 'what is not that announcement');
  t.match(told(again, SEEN, announce(100, []), says(109.99), announce(200), OVER), /^unknown: the first .* not lost/);
  t.match(told(again, SEEN, announce(100, []), says(99.99), announce(200), OVER), /^unknown: the first .* not lost/);
  t.match(told(again, SEEN, announce(100, []), announce(140), OVER), /^fail: another .* 40 ms after/);
  t.match(told(again, SEEN, announce(100, []), announce(200, []), OVER), /^fail: no other/);
  t.match(told(again, SEEN, announce(100, []), announce(200, [FW1]), OVER), /^fail: no other/, 'each must hear it');
  const given = (atMs: number, node = 'nlb1') =>
    address(atMs, { node, device: 'access', address: `${NLBS}/32`, label: 'access:nlbs', change: 'added' });
  const second = (...between: ReturnType<typeof given>[]) =>
    told(again, SEEN, announce(100, []), ...between, announce(200), OVER);
  t.match(second(given(150)), /^unknown: the node was given the address anew/);
  t.match(second(given(101), given(150, 'nlb2'), given(201)), /^pass/, 'what the first one announced, and others');
  t.match(told(again, announce(100, []), OVER), /^unknown: frames of access were not watched/);
  t.match(told(again, SEEN, announce(100, [FW1]), announce(200), OVER), /^unknown: the first .* not lost/);
  t.match(told(again, SEEN, OVER), /^unknown: nlb1\/access announced nothing/);
});
