import t from 'tap';
import { asked, asks, neverAsks } from './asking.ts';
import { arp, OVER, told, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const SEEN = watched('frames', 'access');
const port = (node: string) => ({ lan: 'access', node, leg: 'access' });
const ports = [port('nlb1'), port('nlb2')];

const ask = (atMs: number, from: string, to: string[], targetIp = NLBS, senderIp = '10.77.1.12') =>
  arp(
    { atMs, from: port(from), to: to.map(port) },
    { operation: 'request', senderMac: '02:00:00:00:00:0c', senderIp, targetIp },
  );

t.test('a port asks for the address, so often', async (t) => {
  const often = asks({ address: NLBS, port: port('nlb2'), atLeast: 2 });
  const twice = [10, 20].flatMap((atMs) => ask(atMs, 'nlb2', ['nlb1']));
  t.match(told(often, SEEN, twice, OVER), 'pass: nlb2/access asked 2 times for 10.77.1.100');
  t.match(told(often, SEEN, twice.slice(2), OVER), /^fail: .* 1 times .* 2 were wanted/);
  t.match(told(often, SEEN, ask(10, 'nlb2', []), ask(20, 'nlb2', [], '10.77.1.2'), OVER), /^fail/, 'for another');
  t.match(told(often, SEEN, ask(10, 'nlb2', []), ask(20, 'nlb2', [], NLBS, NLBS), OVER), /^fail/, 'an announcement');
  t.match(told(often, SEEN, ask(10, 'nlb1', []), ask(20, 'nlb1', []), OVER), /^fail/, 'another asker');
  t.match(told(often, OVER), /^unknown: frames of access/);
});

t.test('a port never asks for the address, though it speaks', async (t) => {
  const never = neverAsks({ address: NLBS, port: port('nlb2') });
  t.match(told(never, SEEN, ask(5, 'nlb2', [], '10.77.1.2'), OVER), /^pass: nlb2\/access sent 1 frames/);
  t.match(told(never, SEEN, ask(5, 'nlb2', []), OVER), 'fail: nlb2/access asked for 10.77.1.100');
  t.match(told(never, SEEN, ask(5, 'nlb1', []), OVER), /^unknown: nlb2\/access was not seen/);
  t.match(told(never, ask(5, 'nlb2', [], '10.77.1.2'), OVER), /^unknown: frames of access/);
});

t.test('each of several ports was asked, so often', async (t) => {
  const both = asked({ address: NLBS, ports, atLeast: 2 });
  const twice = [10, 20].flatMap((atMs) => ask(atMs, 'fw1', ['nlb1', 'nlb2'], NLBS, '10.77.1.2'));
  t.match(told(both, SEEN, twice, OVER), 'pass: 2 requests reached nlb1/access, 2 requests reached nlb2/access');
  const one = [10, 20].flatMap((atMs) => ask(atMs, 'fw1', ['nlb1'], NLBS, '10.77.1.2'));
  t.match(told(both, SEEN, one, OVER), /^unknown: 2 .* 0 requests reached nlb2\/access; 2 were wanted/);
  t.match(told(both, twice, OVER), /^unknown: frames of access/);
  t.match(told(asked({ address: NLBS, ports: [], atLeast: 0 }), SEEN, OVER), /^unknown/, 'nobody was to be asked');
});
