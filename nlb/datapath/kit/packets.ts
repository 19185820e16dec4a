import fc from 'fast-check';
import { quadToBytes } from '../../kernel/inet.ts';
import { readEthernet, readIpv4 } from '../specification/packet.ts';
import { type BeatShape, beat, encodeBeat } from './beat-frames.ts';
import { bytesOf } from './frames.ts';
import { usually, words } from './octets.ts';
import { CLUSTER, MAC, NLBS, PEER } from './rig.ts';

/**
 * Support for the differential test: frames with few addresses and ports, so that flows, fragments and quotes recur; and the same
 * frames damaged.
 */

export const CLUSTER_ADDRESSES = [CLUSTER, '203.0.113.11'];
const CLIENTS = ['198.51.100.2', '198.51.100.2', '198.51.100.3', '198.51.101.2'];
const OTHER_ADDRESS = '192.0.2.1';
const CLIENT_PORTS = [40_000, 40_000, 40_001];

const FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 };
export const flags = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(FLAGS.syn, FLAGS.ack, FLAGS.ack | FLAGS.psh) },
  { weight: 2, arbitrary: fc.constantFrom(FLAGS.fin | FLAGS.ack, FLAGS.rst, FLAGS.rst | FLAGS.ack) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
);

const clientPort = fc.constantFrom(...CLIENT_PORTS);
const tcp = fc.record({ protocol: fc.constant(6), clientPort, port: usually(80, 443, 0), flags });
const udp = fc.record({ protocol: fc.constant(17), clientPort, port: usually(53, 500) });
const transport = fc.oneof(tcp, udp);

/** A router's ICMP error about a packet that a server has sent: its type, and the quoted packet. */
const icmpError = fc.record({
  protocol: fc.constant(1),
  type: usually(3, 4, 5, 8, 11, 12),
  quoted: fc.record({
    client: fc.constantFrom(...CLIENTS),
    cluster: usually('same', 'other'),
    optionWords: usually(0, 1, 10),
    ihl: usually(0, 4, -1),
    offset: usually(0, 1),
    transport: fc.oneof({ weight: 6, arbitrary: transport }, { weight: 1, arbitrary: fc.constant({ protocol: 47 }) }),
    octets: usually(8, 0, 3, 4, 7, 20),
  }),
});
const otherProtocol = fc.constantFrom({ protocol: 47 }, { protocol: 1, type: 8 }, { protocol: 41 });

export interface Fragment {
  more: boolean;
  /** In units of eight octets. */
  offset: number;
}

/** A fragment of a datagram. */
export const fragmentOf: fc.Arbitrary<Fragment> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom({ more: true, offset: 0 }, { more: true, offset: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom({ more: false, offset: 4 }, { more: false, offset: 0x1fff }) },
);
const fragment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Fragment>({ more: false, offset: 0 }) },
  { weight: 1, arbitrary: fragmentOf },
);

const ipv4 = fc.record({
  kind: fc.constant('ipv4' as const),
  to: usually('us', 'server side', 'others', 'all'),
  tags: fc.oneof(
    { weight: 20, arbitrary: usually<number[]>([], [5], [0], [7], [5, 6]) },
    { weight: 1, arbitrary: fc.constantFrom<number[][]>([1, 2, 3], [0, 0, 0], [0, 0, 0, 0], [5, 0, 0]) },
  ),
  client: fc.constantFrom(...CLIENTS),
  destination: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...CLUSTER_ADDRESSES) },
    { weight: 1, arbitrary: fc.constantFrom(NLBS, OTHER_ADDRESS) },
  ),
  id: fc.constantFrom(1, 2),
  version: usually(4, 6),
  optionWords: usually(0, 1, 10),
  /** Added to the lengths that the header states. */
  ihl: usually(0, -1, 4, 9),
  total: usually(0, -1, 1, -8, -9, -20, -28, 1000),
  dontFragment: fc.boolean(),
  fragment,
  body: fc.oneof(
    { weight: 12, arbitrary: transport },
    { weight: 3, arbitrary: icmpError },
    { weight: 1, arbitrary: otherProtocol },
  ),
  payload: fc.constantFrom<number>(0, 1, 8, 30),
});

const unfragmented: Fragment = { more: false, offset: 0 };
const wellFormedHeaders = {
  kind: 'ipv4' as const,
  to: 'us',
  tags: [],
  version: 4,
  optionWords: 0,
  ihl: 0,
  total: 0,
  id: 1,
};
/** Well-formed frames of clients and routers. */
const wellFormed = fc
  .record({
    client: fc.constantFrom(...CLIENTS),
    destination: fc.constantFrom(...CLUSTER_ADDRESSES),
    id: fc.constantFrom(1, 2),
    fragment: usually<Fragment>(
      unfragmented,
      { more: true, offset: 0 },
      { more: true, offset: 2 },
      { more: false, offset: 4 },
    ),
    body: fc.oneof({ weight: 12, arbitrary: transport }, { weight: 1, arbitrary: icmpError }),
  })
  .map((shape) => ({ ...wellFormedHeaders, ...shape, dontFragment: false, payload: 8 }));

const arp = fc.record({
  kind: fc.constant('arp' as const),
  to: usually('all', 'us', 'server side'),
  from: usually<keyof typeof MAC>('peer', 'router'),
  senderMac: usually<keyof typeof MAC>('peer', 'router'),
  targetMac: usually('000000000000', '02000000000b'),
  tags: usually<number[]>([], [5], [0], [5, 6]),
  header: usually('000108000604', '000608000604', '000186dd0604', '000108000804', '000108000610'),
  operation: usually(1, 2, 0, 3),
  sender: fc.constantFrom(PEER, '10.77.1.1', '0.0.0.0'),
  target: fc.constantFrom(NLBS, ...CLUSTER_ADDRESSES, OTHER_ADDRESS),
});

const noise = fc.record({
  kind: fc.constant('noise' as const),
  to: usually('us', 'all'),
  tags: usually<number[]>([], [5]),
  ethertype: fc.constantFrom(0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8),
  octets: fc.uint8Array({ maxLength: 80 }),
});

const damage = fc.oneof(
  { weight: 30, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.record({ keep: fc.integer({ min: 14, max: 110 }) }) },
  { weight: 1, arbitrary: fc.record({ pad: fc.constantFrom(1, 10, 40) }) },
  {
    weight: 2,
    arbitrary: fc.record({ at: fc.integer({ min: 0, max: 120 }), octet: fc.integer({ min: 0, max: 255 }) }),
  },
);

type Ipv4Shape = Parameters<Parameters<typeof ipv4.map>[0]>[0];
type Arbitrated<T> = T extends fc.Arbitrary<infer V> ? V : never;
type Shape = Arbitrated<typeof ipv4> | Arbitrated<typeof arp> | BeatShape | Arbitrated<typeof noise>;

/** Frames of every kind, some of them damaged. */
export const frames: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.oneof(
      { weight: 20, arbitrary: ipv4 },
      { weight: 2, arbitrary: arp },
      { weight: 1, arbitrary: beat },
      { weight: 1, arbitrary: noise },
    ),
    damage,
  )
  .map(([shape, harm]) => damaged(encode(shape), harm));

/** ARP requests for the NLBS address, and heartbeats. */
export const peerFrames: fc.Arbitrary<Buffer> = fc.oneof(arp, beat).map(encode);

/** Well-formed frames of connections with a service. */
export const conversation: fc.Arbitrary<Buffer> = wellFormed.map(encode);

const DESTINATION: Record<string, string> = {
  us: MAC.access,
  'server side': MAC.server,
  others: '02:00:00:00:00:99',
  all: 'ff:ff:ff:ff:ff:ff',
};

function encode(shape: Shape): Buffer {
  const source = shape.kind === 'arp' ? MAC[shape.from] : MAC.router;
  const addresses = bytesOf(`${DESTINATION[shape.to]}${source}`.replaceAll(':', ''));
  const tags = shape.tags.map((id, index) => words(index === 0 && shape.tags.length > 1 ? 0x88a8 : 0x8100, id));
  return Buffer.concat([addresses, ...tags, ...encodePayload(shape)]);
}

function encodePayload(shape: Shape): Buffer[] {
  if (shape.kind === 'noise') return [words(shape.ethertype), Buffer.from(shape.octets)];
  if (shape.kind === 'ipv4') return [words(0x0800), encodeIpv4(shape)];
  if (shape.kind === 'beat') return [words(0x0800), encodeBeat(shape)];
  const kind = [bytesOf(shape.header), words(shape.operation)];
  const sender = [bytesOf(MAC[shape.senderMac].replaceAll(':', '')), quadToBytes(shape.sender)];
  return [words(0x0806), ...kind, ...sender, bytesOf(shape.targetMac), quadToBytes(shape.target)].map((part) =>
    Buffer.from(part),
  );
}

function encodeIpv4(shape: Ipv4Shape): Buffer {
  const { optionWords, fragment, client, destination } = shape;
  const body = Buffer.concat([encodeBody(shape.body, destination), Buffer.alloc(shape.payload, 0x61)]);
  const headerWords = 5 + optionWords;
  const flags = (shape.dontFragment ? 0x4000 : 0) | (fragment.more ? 0x2000 : 0) | fragment.offset;
  return Buffer.concat([
    Buffer.of((shape.version << 4) | ((headerWords + shape.ihl) & 0xf), 0),
    words(4 * headerWords + body.length + shape.total, shape.id, flags),
    Buffer.of(64, shape.body.protocol, 0, 0),
    quadToBytes(client),
    quadToBytes(destination),
    Buffer.alloc(4 * optionWords, 1),
    body,
  ]);
}

function encodeBody(body: Ipv4Shape['body'], cluster: string): Buffer {
  if ('quoted' in body)
    return Buffer.concat([Buffer.of(body.type, 0), Buffer.alloc(6), encodeQuote(body.quoted, cluster)]);
  if (!('port' in body)) return Buffer.of('type' in body ? body.type : 0, 0, 0, 0, 0, 0, 0, 0);
  const ports = words(body.clientPort, body.port);
  return 'flags' in body
    ? Buffer.concat([ports, Buffer.alloc(8), Buffer.of(0x50, body.flags), Buffer.alloc(6)])
    : Buffer.concat([ports, words(8, 0)]);
}

/** The beginning of a packet that a server has sent: from the cluster address to the client. */
function encodeQuote(quoted: Arbitrated<typeof icmpError>['quoted'], cluster: string): Buffer {
  const { optionWords, transport: inner } = quoted;
  const source = quoted.cluster === 'same' ? cluster : OTHER_ADDRESS;
  const ports = 'port' in inner ? words(inner.port, inner.clientPort) : Buffer.alloc(4);
  return Buffer.concat([
    Buffer.of(0x40 | ((5 + optionWords + quoted.ihl) & 0xf), 0),
    words(1500, 9, quoted.offset),
    Buffer.of(64, inner.protocol, 0, 0),
    quadToBytes(source),
    quadToBytes(quoted.client),
    Buffer.alloc(4 * optionWords, 1),
    Buffer.concat([ports, Buffer.alloc(16)]).subarray(0, quoted.octets),
  ]);
}

/** The same segment with other control bits; any other frame as it is. */
export function withFlags(frame: Buffer, change: (flags: number) => number): Buffer {
  const ip = ipv4Of(frame);
  if (!ip?.lengthsAgree || ip.protocol !== 6 || ip.payloadAt + 13 >= frame.length) return frame;
  const changed = Buffer.from(frame);
  changed.writeUInt8(change(frame.readUInt8(ip.payloadAt + 13)), ip.payloadAt + 13);
  return changed;
}

/** The same packet from another port of the client; any other frame as it is. */
export function fromPort(frame: Buffer, port: number): Buffer {
  const ip = ipv4Of(frame);
  if (!ip?.lengthsAgree || ip.payloadAt + 2 > frame.length) return frame;
  const changed = Buffer.from(frame);
  changed.writeUInt16BE(port, ip.payloadAt);
  return changed;
}

/** The same packet as another fragment; any other frame as it is. */
export function asFragment(frame: Buffer, { more, offset }: Fragment): Buffer {
  const ip = ipv4Of(frame);
  if (!ip) return frame;
  const changed = Buffer.from(frame);
  changed.writeUInt16BE((more ? 0x2000 : 0) | offset, ip.at + 6);
  return changed;
}

function ipv4Of(frame: Buffer) {
  const ethernet = readEthernet(frame);
  return ethernet?.ethertype === 0x0800 ? readIpv4(frame, ethernet.payloadAt) : undefined;
}

/** The kernel's minimum for a frame in a test run: a complete Ethernet header. */
const LEAST_BYTES = 14;

function damaged(frame: Buffer, harm: Arbitrated<typeof damage>): Buffer {
  if (harm === undefined) return frame;
  if ('keep' in harm) return frame.subarray(0, Math.max(harm.keep, LEAST_BYTES));
  if ('pad' in harm) return Buffer.concat([frame, Buffer.alloc(harm.pad)]);
  const changed = Buffer.from(frame);
  if (harm.at < changed.length) changed.writeUInt8(harm.octet, harm.at);
  return changed;
}
