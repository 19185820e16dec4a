import t from 'tap';
import { encodeVrrp } from '../capture/vrrp.ts';
import { datagramsFrom, datagramsOf, datagramsStopped } from './datagrams.ts';
import { act, internet, OVER, shown, tcp, told, udp, watched } from './literal-history.ts';

const SEEN = watched('frames', 'access');
const port = (node: string) => ({ lan: 'access', node, leg: 'access' });
const MACS = { source: '02:00:00:00:00:0b', destination: '02:00:00:00:00:0c' };

const beat = (atMs: number, from: string, to: string[], destinationPort = 4694) =>
  udp({ atMs, from: port(from), to: to.map(port) }, MACS, {
    source: '10.77.1.11',
    sourcePort: 4694,
    destination: '10.77.1.12',
    destinationPort,
  });

t.test('datagrams for a port, in order of time', async (t) => {
  const events = [...beat(9, 'nlb1', ['nlb2']), ...beat(4, 'nlb1', []), ...beat(5, 'nlb1', [], 53)];
  const instants = (direction: 'sent' | 'received') => datagramsOf(events, { direction }, 4694).map(({ atNs }) => atNs);
  t.same(instants('sent'), [4e6, 9e6]);
  t.same(instants('received'), [9.01e6]);
  const way = { atMs: 1, from: port('nlb1'), to: [] };
  const ends = { source: '10.77.1.11', destination: '224.0.0.18' };
  const message = { ...ends, version: 3 as const, virtualRouterId: 51, priority: 1, intervalMs: 100, addresses: [] };
  const advert = internet(way, MACS, { ...ends, protocol: 112 }, encodeVrrp(message));
  const cut = [17, 112].flatMap((protocol) => internet(way, MACS, { ...ends, protocol }, new Uint8Array(2)));
  const stream = tcp(way, MACS, { ...ends, sourcePort: 1, destinationPort: 4694 });
  const all = [events, advert, cut, stream].flat();
  t.equal(datagramsOf(all, { direction: 'sent' }, 4694).length, 2, 'nothing else has their ports');
  t.same(datagramsOf(all, {}, 'vrrp'), advert, 'VRRP has none');
});

t.test('what is sent does not come; else the fault did not bite', async (t) => {
  const stopped = datagramsStopped({ from: 'nlb1', to: port('nlb2'), port: 4694, atLeast: 2 });
  const sent = [10, 20].flatMap((atMs) => beat(atMs, 'nlb1', []));
  t.match(told(stopped, SEEN, sent, OVER), 'pass: nlb1 sent 2 datagrams, of which 0 came to nlb2/access');
  t.same(shown(stopped, SEEN, sent, beat(30, 'nlb1', []), OVER), ['frame 10', 'frame 20']);
  t.match(told(stopped, SEEN, sent, beat(30, 'nlb1', ['nlb2'], 53), OVER), /^pass/, 'other ports are not meant');
  t.match(told(stopped, SEEN, sent, beat(30, 'nlb1', ['nlb2']), OVER), /^unknown: .* 1 came .* not stopped/);
  t.match(told(stopped, SEEN, sent.slice(1), OVER), /^unknown: nlb1 sent 1 .* 2 were to be sent/);
  t.match(told(stopped, SEEN, beat(10, 'nlb2', []), beat(20, 'nlb2', []), OVER), /^unknown: nlb1 sent 0/);
  t.match(told(stopped, sent, OVER), /^unknown: frames of access/);
});

t.test('somebody’s datagrams came after the act; else the fault did not bite', async (t) => {
  const options = {
    to: port('nlb2'),
    source: MACS.source,
    port: 4694,
    after: { what: 'kill', node: 'nlb1' },
    atLeast: 1,
  };
  const came = datagramsFrom(options);
  const kill = act(15, 'kill', 'nlb1');
  t.match(told(came, kill, beat(20, 'fw1', ['nlb2'])), /^pass: 1 datagrams of 02:00:00:00:00:0b came to nlb2\/access/);
  t.match(told(came, kill, beat(14.99, 'fw1', ['nlb2'])), /^pass: 1/, 'at that very moment');
  const three = [20, 30, 40].flatMap((atMs) => beat(atMs, 'fw1', ['nlb2']));
  t.same(shown(came, kill, three), ['frame 20.01', 'frame 30.01']);
  t.match(told(came, kill, beat(10, 'fw1', ['nlb2'])), /^unknown: 0 datagrams .* 1 were wanted/);
  t.match(told(came, beat(20, 'fw1', ['nlb2'])), /^unknown: "kill" on nlb1 was not done/);
  t.match(
    told(datagramsFrom({ ...options, source: '02:00:00:00:00:99' }), kill, beat(20, 'fw1', ['nlb2'])),
    /^unknown/,
  );
});
