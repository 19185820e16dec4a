import fc from 'fast-check';
import { quadToBytes } from '../../kernel/inet.ts';
import { bytesOf } from './frames.ts';
import { usually, words } from './octets.ts';
import { HEARTBEAT, NLBS } from './rig.ts';

/** Support for the differential test: heartbeats, and other datagrams to the same port. */

/** Boots of the peer, by their first octets: the verified one, and another. */
export const BOOTS = ['b007b007b007b007', '5e5e5e5e5e5e5e5e'];

/** A heartbeat to one of the node's addresses, or something like it. */
export const beat = fc.record({
  kind: fc.constant('beat' as const),
  to: usually('us', 'all', 'others', 'server side'),
  tags: usually<number[]>([], [5], [0]),
  source: usually(HEARTBEAT.access.peer, HEARTBEAT.server.peer, '192.0.2.1'),
  destination: usually(HEARTBEAT.access.own, HEARTBEAT.server.own, NLBS),
  ports: usually([HEARTBEAT.port, HEARTBEAT.port], [4693, HEARTBEAT.port], [HEARTBEAT.port, 4693]),
  protocol: usually(17, 6),
  magic: usually('4e4c4250', '4e4c4251'),
  boot: fc.constantFrom(...BOOTS),
  payload: usually(120, 104, 105, 512, 513, 16, 17, 4),
  udpLength: usually(0, -1, 1, -200, 60_000),
  optionWords: usually(0, 1, 10),
  fragment: usually({ more: false, offset: 0 }, { more: true, offset: 0 }, { more: false, offset: 4 }),
  total: usually(0, -1, 4),
});

export type BeatShape = typeof beat extends fc.Arbitrary<infer Shape> ? Shape : never;

/** From the IPv4 header on. */
export function encodeBeat(shape: BeatShape): Buffer {
  const { source, destination, ports, optionWords, fragment, protocol } = shape;
  const head = Buffer.concat([bytesOf(shape.magic), Buffer.alloc(5), bytesOf(shape.boot)]);
  const payload = Buffer.concat([head, Buffer.alloc(Math.max(0, shape.payload - head.length))]).subarray(
    0,
    shape.payload,
  );
  const datagram = Buffer.concat([words(...ports, 8 + shape.payload + shape.udpLength, 0), payload]);
  const headerWords = 5 + optionWords;
  return Buffer.concat([
    Buffer.of(0x40 | headerWords, 0),
    words(4 * headerWords + datagram.length + shape.total, 1, (fragment.more ? 0x2000 : 0) | fragment.offset),
    Buffer.of(64, protocol, 0, 0),
    quadToBytes(source),
    quadToBytes(destination),
    Buffer.alloc(4 * optionWords, 1),
    datagram,
  ]);
}
