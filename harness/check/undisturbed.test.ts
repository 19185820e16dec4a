import t from 'tap';
import { act, address, OVER, probe, script, shown, told, watched } from './literal-history.ts';
import { between } from './span.ts';
import { addressesUntouched, flowsStayAt, newFlowsReach, noScriptRan, otherFlowsKept } from './undisturbed.ts';

const NODES = ['nlb1', 'nlb2'];
const seen = NODES.map((node) => watched('addresses', node));

t.test('no address of a node came or went', async (t) => {
  const untouched = addressesUntouched({ nodes: NODES });
  const on = (node: string) => address(5, { node, device: 'access', address: '10.77.1.100/32', change: 'removed' });
  t.match(told(untouched, seen, OVER), /^pass: no address of nlb1, nlb2/);
  t.match(told(untouched, seen, on('fw1'), OVER), /^pass/, "others' addresses are their own affair");
  t.match(told(untouched, seen, on('nlb2'), OVER), /^fail: 10.77.1.100\/32 was removed on nlb2/);
  t.match(told(untouched, seen.slice(1), OVER), /^unknown: addresses of nlb1 were not watched/);
  t.match(told(untouched, seen), /^unknown: nothing was recorded/);
});

t.test('no state script ran, though such scripts leave marks', async (t) => {
  const none = noScriptRan({ nodes: NODES });
  const before = NODES.map((node) => script(1, node, 'initial', 'initial'));
  const during = (claim: typeof none) => between({ fromNs: 2e6 + 1 }, claim);
  t.match(told(during(none), before, OVER), /^pass: nlb1 and nlb2 entered no state/);
  t.same(shown(during(none), before, OVER), ['script 1', 'script 1']);
  const moved = address(5, { node: 'nlb2', device: 'access', address: '10.77.1.100/32', change: 'added' });
  t.match(told(during(none), before, moved, OVER), /^pass/, 'an address is no script');
  t.match(told(during(none), before.slice(0, 1), moved, OVER), /^unknown: no script of nlb2/);
  t.match(told(during(none), before.slice(1), OVER), /^unknown: no script of nlb1/);
  t.match(told(during(none), before, script(5, 'nlb2', 'active', 'standby')), /^fail: nlb2 ran its script for active/);
  t.match(told(during(none), before.slice(0, 1), OVER), /^unknown: no script of nlb2 ever left a mark/);
});

const of = (atMs: number, flow: string, server: string | undefined, sequence = atMs) =>
  probe(atMs, { flow, sequence, ...(server === undefined ? { outcome: 'reset' as const } : { server }) });
const change = { after: { what: 'reload' }, atLeast: 1 };

t.test('flows of other servers keep theirs, and lose nothing', async (t) => {
  const kept = otherFlowsKept({ server: 'server2', protocol: 'tcp', ...change });
  const before = [of(1, 'a', 'server1'), of(2, 'b', 'server2'), act(10, 'reload')];
  t.match(told(kept, before, of(20, 'a', 'server1'), of(20, 'b', undefined)), /^pass: each of 1 flows kept/);
  const good = [before, of(20, 'a', 'server1')].flat();
  const datagrams = [of(1, 'd', 'server1'), of(20, 'd', undefined)].map((each) => ({
    ...each,
    protocol: 'udp' as const,
  }));
  t.match(told(kept, good, datagrams), /^pass: each of 1/, 'of that protocol');
  t.match(
    told(kept, good, of(1, 'e', undefined), of(20, 'e', 'server1')),
    /^pass: each of 1/,
    'that were answered before',
  );
  t.match(told(kept, good, of(10, 'e', 'server1'), of(20, 'e', undefined)), /^pass: each of 1/, 'not just then');
  t.match(told(kept, before, of(10, 'a', 'server1')), /^unknown: 0 flows lasted/);
  const more = ['e', 'f', 'g'].flatMap((flow, i) => [of(3 + i, flow, 'server1'), of(21 + i, flow, 'server1')]);
  t.same(shown(kept, good, more), ['act 10', 'probe 20', 'probe 21', 'probe 22']);
  t.same(shown(kept, before), ['act 10']);
  t.match(told(kept, of(1, 'a', 'server1'), act(10, 'reload'), of(20, 'a', 'server3')), /^fail/, 'whoever had flows');
  t.same(shown(kept, of(1, 'a', 'server1'), act(10, 'reload'), of(20, 'a', 'server1')), ['act 10']);
  t.match(told(kept, before, of(20, 'a', 'server3')), /^fail: a went to server3/);
  t.match(told(kept, before, of(20, 'a', undefined)), /^fail: a ended reset/);
  t.match(told(kept, before), /^unknown: 0 flows lasted/);
  t.match(told(kept, before, of(20, 'c', 'server1')), /^unknown: 0 flows lasted/, 'a later flow is none');
  t.match(
    told(kept, of(1, 'a', 'server1'), act(10, 'reload'), of(20, 'a', 'server1')),
    /^unknown: server2 had no flow/,
  );
  t.match(told(kept, of(1, 'a', 'server1'), of(20, 'a', 'server1')), /^unknown: "reload" was not done/);
});

t.test('flows of one server stay at it, and lose nothing', async (t) => {
  const stay = flowsStayAt({ server: 'server1', protocol: 'tcp', ...change });
  const before = [of(1, 'a', 'server1'), of(2, 'b', 'server2'), act(10, 'reload')];
  t.match(told(stay, before, of(20, 'a', 'server1'), of(20, 'b', 'server3')), /^pass: each of 1 flows kept/);
  t.match(told(stay, before, of(20, 'a', 'server2')), /^fail: a went to server2/);
  t.match(told(stay, before, of(20, 'a', undefined)), /^fail: a ended reset/);
  t.match(told(stay, before, of(20, 'b', 'server2'), of(20, 'c', 'server1')), /^unknown: 0 flows lasted/);
  t.match(told(stay, of(1, 'a', 'server1'), of(20, 'a', 'server1')), /^unknown: "reload" was not done/);
});

t.test('new flows reach a server', async (t) => {
  const reach = newFlowsReach({ server: 'server2', ...change });
  const begun = act(10, 'reload');
  t.match(told(reach, begun, of(20, 'a', 'server2', 0)), /^pass: server2 answered 1 of 1/);
  t.match(told(reach, begun, of(10, 'a', 'server2', 0)), /^pass/, 'as it is over');
  const four = ['a', 'b', 'c', 'd'].map((flow, i) => of(20 + i, flow, 'server2', 0));
  t.same(shown(reach, begun, four), ['act 10', 'probe 20', 'probe 21', 'probe 22']);
  t.same(shown(reach, begun), ['act 10']);
  t.match(told(reach, begun, of(20, 'a', 'server1', 0)), /^fail: server2 answered 0 of 1/);
  t.match(told(reach, of(5, 'a', 'server2', 0), begun, of(20, 'a', 'server2', 1)), /^unknown: 0 flows began later/);
  t.match(told(reach, of(20, 'a', 'server2', 0)), /^unknown: "reload" was not done/);
});
