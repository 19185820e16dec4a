import t from 'tap';
import { encodeIcmp } from '../capture/icmp.ts';
import { PROTOCOL } from '../capture/ipv4.ts';
import { internet, OVER, shown, standstill, told, udp } from './literal-history.ts';
import { echoesAnswered } from './own-traffic.ts';

const [FW1, NLB1] = ['10.77.1.2', '10.77.1.11'];
const fw1 = { lan: 'access', node: 'fw1', leg: 'access' };
const nlb1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:11' };

function echo(type: number, atMs: number, rest: number, source: string, destination: string) {
  const way = type === 8 ? { atMs, from: fw1, to: [nlb1] } : { atMs, from: nlb1, to: [fw1] };
  const message = encodeIcmp({ type, code: 0, rest, payload: new Uint8Array() });
  return internet(
    way as Parameters<typeof internet>[0],
    MACS,
    { source, destination, protocol: PROTOCOL.icmp },
    message,
  );
}

const request = (atMs: number, rest: number, to = NLB1) => echo(8, atMs, rest, FW1, to);
const reply = (atMs: number, rest: number, from = NLB1, to = FW1) => echo(0, atMs, rest, from, to);

const answered = echoesAnswered({ port: nlb1, address: NLB1, atLeast: 2, withinMs: 10 });
const both = [...request(1, 1), ...request(2, 2)];

t.test('every echo request to the node’s own address is answered, from it, in time', async (t) => {
  t.match(told(answered, both, reply(3, 1), reply(4, 2), OVER), /^pass: 2 echo requests were answered/);
  const three = [both, reply(3, 1), reply(4, 2), reply(5, 2)].flat();
  t.same(shown(answered, three, OVER), ['frame 3', 'frame 4']);
  t.match(told(answered, request(4, 1), request(2, 2), reply(4.01, 1), reply(4, 2), OVER), /^pass/, 'at once');
  const stamp = encodeIcmp({ type: 13, code: 0, rest: 3, payload: new Uint8Array(12) });
  const header = { source: FW1, destination: NLB1, protocol: PROTOCOL.icmp };
  const others = [
    internet({ atMs: 1, from: fw1, to: [nlb1] }, MACS, header, stamp),
    internet({ atMs: 1, from: fw1, to: [nlb1] }, MACS, header, new Uint8Array(2)),
    udp({ atMs: 1, from: fw1, to: [nlb1] }, MACS, { ...header, sourcePort: 1, destinationPort: 1 }),
  ].flat();
  t.match(
    told(answered, three, others, OVER),
    /^pass: 2 echo requests/,
    'what is no echo request wants no such answer',
  );
  const byAnother = reply(4, 2).map((event) => ({ ...event, node: 'nlb2' }));
  t.match(told(answered, both, reply(3, 1), byAnother, OVER), /^fail/, 'nor does another answer for it');
  t.match(told(answered, both, reply(3, 1), OVER), /^fail: nlb1\/access did not answer an echo request within 10 ms/);
  t.match(told(answered, both, reply(3, 1), reply(13, 2), OVER), /^fail/, 'too late');
  t.match(told(answered, both, reply(3, 1), reply(13, 2), standstill(5, 8), OVER), /^pass/, 'nobody ran in that time');
  t.match(told(answered, both, reply(3, 1), reply(4, 3), OVER), /^fail/, 'an answer to another request');
  t.match(told(answered, both, reply(0, 2), reply(3, 1), OVER), /^fail/, 'an answer before the request');
  t.match(told(answered, both, reply(3, 1), reply(4, 2, '10.77.1.12'), OVER), /^fail/, 'from another address');
  t.match(told(answered, both, reply(3, 1), reply(4, 2, NLB1, '10.77.1.3'), OVER), /^fail/, 'to another asker');
});

t.test('where too few requests came, nothing is known', async (t) => {
  t.match(told(answered, OVER), /^unknown: 0 echo requests reached nlb1\/access/);
  t.match(told(answered, request(1, 1), reply(2, 1), OVER), /^unknown: 1 echo requests/);
  const elsewhere = [...request(1, 1, '10.77.1.12'), ...request(2, 2, '10.77.1.12')];
  t.match(told(answered, elsewhere, OVER), /^unknown: 0 echo requests/, 'for another address');
  t.match(told(answered, reply(1, 1), reply(2, 2), OVER), /^unknown/, 'answers alone');
});
