import t from 'tap';
import { flowsToldByReset } from './gone.ts';
import { act, probe, shown, told } from './literal-history.ts';

const of = (atMs: number, flow: string, server: string) => probe(atMs, { flow, sequence: atMs, server });
const ended = (atMs: number, flow: string, outcome: 'reset' | 'lost') => probe(atMs, { flow, sequence: atMs, outcome });

t.test('connections of a server that is gone are reset, and nothing else', async (t) => {
  const reset = flowsToldByReset({ server: 'server2', after: { what: 'unplug' }, atLeast: 1 });
  const before = [of(1, 'a', 'server1'), of(2, 'b', 'server2'), act(10, 'unplug')];
  t.match(told(reset, before, ended(20, 'b', 'reset')), /^pass: each of 1 flows at server2 was reset/);
  const good = [before, ended(20, 'b', 'reset')].flat();
  t.match(told(reset, good, of(10, 'c', 'server2')), /^pass: each of 1/, 'one that began just then is not meant');
  t.match(told(reset, good, of(30, 'c', 'server2')), /^pass: each of 1/, 'nor one that began later');
  t.match(told(reset, good, { ...of(3, 'c', 'server2'), protocol: 'udp' }), /^pass: each of 1/, 'nor one of datagrams');
  const many = ['c', 'd', 'e'].flatMap((flow, i) => [of(3 + i, flow, 'server2'), ended(21 + i, flow, 'reset')]);
  t.same(shown(reset, good, many), ['act 10', 'probe 20', 'probe 21', 'probe 22']);
  t.same(shown(reset, before, of(15, 'b', 'server2'), ended(20, 'b', 'lost')), ['act 10', 'probe 20']);
  t.same(shown(reset, before.slice(0, 1), act(10, 'unplug')), ['act 10']);
  t.match(told(reset, before, ended(20, 'b', 'lost')), /^fail: b ended lost, and was not reset/);
  t.match(
    told(reset, before, of(15, 'b', 'server2'), ended(20, 'b', 'lost')),
    /^fail: b ended lost, and/,
    'in the end',
  );
  t.match(told(reset, before, of(20, 'b', 'server2')), /^fail: b ended answered, and was not reset/);
  t.match(told(reset, before, of(20, 'b', 'server1'), ended(21, 'b', 'reset')), /^fail: b went to server1/);
  t.match(told(reset, before.slice(0, 1), act(10, 'unplug')), /^unknown: 0 flows were at server2; 1 were wanted/);
  t.match(told(reset, before.slice(0, 2)), /^unknown: "unplug" was not done/);
});
