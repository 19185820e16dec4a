import t from 'tap';
import type { DeclaredDrops } from '../check/invariants/declared-drops.ts';
import { ORDINARY_DROPS } from '../check/invariants/ordinary-drops.ts';
import { arp, drops, OVER, testRun, watched } from '../check/literal-history.ts';
import type { HistoryEvent } from '../history/event.ts';
import { DROP_CAUSES } from '../system/drop-causes.ts';
import { systemNamed } from '../system/systems.ts';
import { loadPlan } from '../topology/load.ts';
import { judgeAlways } from './always.ts';
import { unshownBy } from './lacking.ts';
import { settingOf } from './setting.ts';

const PLAN = loadPlan('invention');
const SETTING = settingOf(PLAN);
const [CLUSTER = ''] = SETTING.cluster;
const breaks = { 'nobody answers': [{ invariant: 'no ARP for the cluster' as const, why: 'it is asked for' }] };
const OF = { suite: 'asking', runAgain: './onevip conformance asking', files: ['h'] };

const SEEN = [...new Set(SETTING.places.map(({ lan }) => lan))].map((lan) => watched('frames', lan));
const SPANS = [...testRun('nobody answers', 100, 200), ...testRun('all is well', 300, 400)];
const asks = (atMs: number) => {
  const fields = { senderMac: '02:00:00:00:00:01', senderIp: '10.77.1.2', targetIp: CLUSTER };
  return arp(
    { atMs, from: { lan: 'access', node: 'fw1', leg: 'access' }, to: [] },
    { operation: 'request', ...fields },
  );
};

const judged = (...events: HistoryEvent[]) => {
  const all = [...SEEN, ...SPANS, ...events, OVER].toSorted((one, other) => one.atNs - other.atNs);
  const results = judgeAlways({ setting: SETTING, breaks, unshown: {} }, all, OF);
  return results.find(({ title }) => /^no ARP packet/.test(title));
};

t.test('the plan says which places there are, and which of them are private', async (t) => {
  t.same(SETTING.privateLegs, ['access', 'server']);
  t.same(SETTING.clientSubnets, ['198.51.100.0/24']);
  const nlb1 = SETTING.places.filter(({ node }) => node === 'nlb1');
  t.match(nlb1, [
    { kind: 'nlb', leg: 'access', lan: 'access', address: '10.77.1.11' },
    { kind: 'nlb', leg: 'server', lan: 'server', address: '10.77.2.11' },
  ]);
  const flat = settingOf(loadPlan('invention-flat')).places.filter(({ node }) => node === 'nlb1');
  t.match(
    flat,
    [
      { leg: 'access', lan: 'access' },
      { leg: 'server', lan: 'access' },
    ],
    'two segments on one LAN',
  );
});

t.test('an invariant is broken in the test that says so, and nowhere else', async (t) => {
  t.match(
    judged(...asks(150), ...asks(50)),
    { verdict: 'fail', always: true, proves: ['ARP-6', 'ARP-7'], ...OF },
    'at boot',
  );
  t.match(judged(...asks(350)), { verdict: 'fail', because: /^fw1\/access sent ARP for/ }, 'in another test');
  t.match(judged(...asks(150)), { verdict: 'unknown', because: 'no frame was seen' });
  const told = judged(...asks(150))?.brokenOnPurpose;
  t.match(told, [
    /^no ARP for the cluster: not judged from 100 ms to 200 ms, in "nobody answers", because it is asked for$/,
  ]);
});

t.test('of the prior art, whose NLBS address is public, not everything is asked', async (t) => {
  const titles = (topology: string) =>
    judgeAlways({ setting: settingOf(loadPlan(topology)), breaks, unshown: {} }, [OVER], OF).map(({ title }) => title);
  t.equal(titles('invention').length, 11);
  t.equal(titles('prior-art').length, 7);
  t.notOk(titles('prior-art').some((title) => /ARP|server subnet|loopback|public/.test(title)));
});

t.test('what a system has nothing to show of is skipped, in its own words', async (t) => {
  const system = systemNamed('keepalived-nft');
  const results = judgeAlways({ setting: SETTING, breaks, unshown: unshownBy(system) }, [OVER], OF);
  const skipped = results.filter(({ verdict }) => verdict === 'skip');
  t.equal(skipped.length, 3);
  const { drops, stateScripts } = system.lacks;
  const words = [`keepalived-nft has no drops: ${drops}`, `keepalived-nft has no state scripts: ${stateScripts}`];
  t.same(new Set(skipped.map(({ because }) => because)), new Set(words));
});

t.test('what is dropped as a test declares is held against that test alone', async (t) => {
  const [nodes, readings] = [
    ['nlb1', 'nlb2'],
    [110, 310, 900],
  ];
  const events = nodes.flatMap((node) => readings.map((atMs) => drops(atMs, node, { flooded: atMs > 300 ? 2 : 0 })));
  const verdict = (declared?: DeclaredDrops) => {
    const all = [...SPANS, ...events, OVER].toSorted((one, other) => one.atNs - other.atNs);
    const premises = { setting: SETTING, breaks, unshown: {}, ...(declared && { drops: declared }) };
    return judgeAlways(premises, all, OF).find(({ title }) => /^no packet is dropped/.test(title))?.verdict;
  };
  const floods = [{ cause: 'flooded', why: 'the switch forgets' }];
  t.equal(verdict({ 'nobody answers': floods }), 'pass');
  t.equal(verdict({ 'all is well': floods }), 'fail');
  t.equal(verdict(), 'fail');
});

t.test('what is dropped in every suite has a cause that systems can name', async (t) => {
  for (const { cause } of ORDINARY_DROPS) t.ok(cause in DROP_CAUSES, cause);
});
