import t from 'tap';
import { encodeIcmp } from '../capture/icmp.ts';
import { PROTOCOL } from '../capture/ipv4.ts';
import { waitsOutDeadTime } from './dead-time.ts';
import { arp, internet, OVER, shown, told, udp, watched } from './literal-history.ts';

/** nlb2 hears beats of nlb1 until 100 ms, is told from then on that nobody listens there, and takes over. */
const NLBS = '10.77.1.100';
const PORT = { lan: 'access', node: 'nlb2', leg: 'access' };
const SERVER_PORT = { lan: 'server', node: 'nlb2', leg: 'server' };
const PEER = { lan: 'access', node: 'nlb1', leg: 'access' };
const MACS = { source: '02:00:00:00:00:0b', destination: '02:00:00:00:00:0c' };
const SEEN = watched('frames', 'access');

const beat = (atMs: number, to = PORT) =>
  udp({ atMs, from: { ...PEER, lan: to.lan }, to: [to] }, MACS, {
    source: '10.77.1.11',
    sourcePort: 4694,
    destination: '10.77.1.12',
    destinationPort: 4694,
  });
const error = (atMs: number, code = 3, type = 3) =>
  internet(
    { atMs, from: { ...PEER, node: 'fw1' }, to: [PORT] },
    { ...MACS, source: '02:00:00:00:00:01' },
    { source: '10.77.1.11', destination: '10.77.1.12', protocol: PROTOCOL.icmp },
    encodeIcmp({ type, code, rest: 0, payload: new Uint8Array(28) }),
  );
const announced = (atMs: number) =>
  arp(
    { atMs, from: PORT, to: [] },
    { operation: 'request', senderMac: MACS.destination, senderIp: NLBS, targetIp: NLBS },
  );

const waits = waitsOutDeadTime({
  address: NLBS,
  port: PORT,
  peerMacs: [MACS.source],
  beatPort: 4694,
  deadMs: 200,
  atLeast: 2,
});
const BEATS = [beat(60), beat(80), beat(100)].flat();
const LIES = [error(120), error(140)].flat();

t.test('refusals make nobody announce the address before the dead time is over', async (t) => {
  t.match(told(waits, SEEN, BEATS, LIES, announced(310), OVER), /^pass: nlb2 announced .* 2\d\d(\.\d+)? ms after/);
  t.match(
    told(waits, SEEN, BEATS, LIES, announced(270), OVER),
    /^fail: nlb2 announced .* 1\d\d(\.\d+)? ms after the last beat, and 2 refusals since; its dead time is 200 ms/,
  );
  t.match(told(waits, SEEN, BEATS, LIES, error(300), announced(310), OVER), /^pass/, 'who lies is not the peer');
  t.match(told(waits, SEEN, BEATS, LIES, announced(310), announced(410), OVER), /^pass/, 'the first one counts');
  t.match(told(waits, SEEN, BEATS, LIES, announced(300.01), OVER), /^pass: .* 200 ms after/, 'just so long');
  t.same(shown(waits, SEEN, BEATS, LIES, error(150), announced(310), OVER), [
    'frame 100.01',
    'frame 120.01',
    'frame 140.01',
    'frame 310',
  ]);
  t.match(told(waits, SEEN, BEATS, LIES, announced(310), beat(350), OVER), /^pass/, 'a beat that comes later');
  t.match(told(waits, SEEN, BEATS, LIES, announced(310), beat(309.99), OVER), /^pass/, 'or just then');
  t.match(told(waits, SEEN, BEATS, beat(150, { ...PORT, node: 'nlb3' }), LIES, announced(310), OVER), /^pass/);
  t.match(told(waits, SEEN, BEATS, beat(290, { ...PORT, node: 'nlb3' }), LIES, announced(310), OVER), /^pass/);
  const cut = { source: '10.77.1.11', destination: '10.77.1.12', protocol: PROTOCOL.icmp };
  const short = internet({ atMs: 150, from: PEER, to: [PORT] }, MACS, cut, new Uint8Array(2));
  t.match(told(waits, SEEN, BEATS, LIES, short, announced(310), OVER), /^pass: .* 2 refusals/);
  t.match(
    told(waits, SEEN, BEATS, beat(150, SERVER_PORT), error(160), LIES, error(170), announced(310), OVER),
    /^fail/,
  );
});

t.test('what was not tried, or not seen, proves nothing', async (t) => {
  t.match(told(waits, SEEN, BEATS, error(120), announced(270), OVER), /^unknown: .* 1 refusals since; 2 were wanted/);
  t.match(told(waits, SEEN, BEATS, error(120), error(320), announced(310), OVER), /^unknown: .* 1 refusals since/);
  t.match(told(waits, SEEN, BEATS, error(120), error(309.99), announced(310), OVER), /^unknown: .* 1 refusals since/);
  t.match(told(waits, SEEN, BEATS, error(120), error(100), announced(310), OVER), /^unknown: .* 1 refusals since/);
  t.match(told(waits, SEEN, error(50), error(90), BEATS, announced(310), OVER), /^unknown: .* 0 refusals since/);
  t.match(told(waits, SEEN, BEATS, error(120, 1), error(140, 1), announced(310), OVER), /^unknown: .* 0 refusals/);
  t.match(
    told(waits, SEEN, BEATS, error(120, 3, 5), error(140, 3, 5), announced(310), OVER),
    /^unknown: .* 0 refusals/,
  );
  const answer = (atMs: number) =>
    arp(
      { atMs, from: PEER, to: [PORT] },
      { operation: 'reply', senderMac: MACS.source, senderIp: '10.77.1.11', targetIp: '10.77.1.12' },
    );
  t.match(told(waits, SEEN, BEATS, LIES, answer(230), announced(270), OVER), /^unknown: its peer’s host spoke/);
  t.match(
    told(waits, SEEN, BEATS, LIES, answer(219.99), announced(270), OVER),
    /^fail/,
    'so long ago it may be absent',
  );
  t.same(shown(waits, SEEN, BEATS, LIES, answer(230), announced(270), OVER), [
    'frame 230.01',
    'frame 100.01',
    'frame 120.01',
    'frame 140.01',
    'frame 270',
  ]);
  t.match(told(waits, SEEN, BEATS, LIES, answer(210), announced(270), OVER), /^fail/);
  t.match(told(waits, SEEN, BEATS, LIES, OVER), /^unknown: nlb2\/access announced nothing/);
  t.match(told(waits, SEEN, LIES, announced(310), OVER), /^unknown: no beat reached nlb2/);
  t.match(told(waits, BEATS, LIES, announced(310), OVER), /^unknown: frames of access were not watched/);
});
