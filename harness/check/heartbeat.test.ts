import { createHmac } from 'node:crypto';
import t from 'tap';
import { PROTOCOL } from '../capture/ipv4.ts';
import { encodeUdp } from '../capture/udp.ts';
import { beatsSignedWith } from './heartbeat.ts';
import { internet, shown, tcp, told } from './literal-history.ts';

const SECRET = Buffer.alloc(32, 1).toString('base64');
const OTHER = Buffer.alloc(32, 2).toString('base64');
const nlb1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const nlb2 = { lan: 'access', node: 'nlb2', leg: 'access' };
const MACS = { source: '02:00:00:01:00:0b', destination: '02:00:00:01:00:0c' };
const ENDS = { source: '10.77.1.11', destination: '10.77.1.12' };

function datagram(from: typeof nlb1, payload: Uint8Array, destinationPort = 4694) {
  const segment = encodeUdp({ ...ENDS, sourcePort: 4694, destinationPort, payload });
  return internet({ atMs: 1, from, to: [nlb2] }, MACS, { ...ENDS, protocol: PROTOCOL.udp }, segment);
}

function signed(secret: string, said = 'a beat'): Uint8Array {
  const mac = createHmac('sha256', Buffer.from(secret, 'base64')).update(said).digest();
  return Buffer.concat([Buffer.from(said), mac]);
}

t.test('every heartbeat is signed with the secret', async (t) => {
  const checker = beatsSignedWith({ ports: [nlb1, nlb2], udpPort: 4694, secret: SECRET, atLeast: 1 });
  const beats = [datagram(nlb1, signed(SECRET)), datagram(nlb2, signed(SECRET))].flat();
  t.match(told(checker, beats), /^pass: 2 heartbeats are signed with it/);
  t.same(shown(checker, beats, datagram(nlb1, signed(SECRET))), ['frame 1', 'frame 1'], 'one of each');
  t.match(told(checker, beats, datagram(nlb1, signed(SECRET, ''))), /^fail/, 'a beat says something');
  const stream = tcp({ atMs: 1, from: nlb1, to: [] }, MACS, { ...ENDS, sourcePort: 1, destinationPort: 4694 });
  const cut = internet({ atMs: 1, from: nlb1, to: [] }, MACS, { ...ENDS, protocol: PROTOCOL.udp }, new Uint8Array(2));
  t.match(told(checker, beats, stream, cut), /^pass: 2/, 'what is no datagram is no beat');
  t.match(told(checker, beats, datagram(nlb1, signed(OTHER), 53)), /^pass/, 'another port is no heartbeat');
  t.match(told(checker, beats, datagram(nlb2, signed(OTHER))), /^fail: nlb2\/access sent a heartbeat signed otherwise/);
  const [first = 0, ...rest] = signed(SECRET);
  t.match(told(checker, beats, datagram(nlb1, Uint8Array.of(first ^ 1, ...rest))), /^fail/, 'one bit is enough');
  t.match(told(checker, beats, datagram(nlb1, Uint8Array.of(1, 2, 3))), /^fail/);
  t.match(told(checker, datagram(nlb1, signed(SECRET))), /^unknown: nlb2\/access sent 0 heartbeats/);
});
