import t from 'tap';
import { findInterface } from './interfaces.ts';
import { send } from './libc.ts';
import { BATCH_FRAMES, openBatch } from './packet-batch.ts';
import { openPacketPort, sendFrame, VNET_HEADER_BYTES } from './packet-port.ts';
import { enterPrivateNamespaces, run } from './private-namespaces.ts';
import { awaitReadable } from './readiness.ts';

enterPrivateNamespaces(import.meta.url);
run('sysctl -q net.ipv6.conf.default.disable_ipv6=1');
for (const [near, far] of [
  ['left', 'leftend'],
  ['right', 'rightend'],
]) {
  run(`ip link add ${near} type veth peer name ${far}`);
  for (const device of [near, far]) run(`ip link set ${device} up`);
}
const portOn = (device: string): number => openPacketPort(findInterface(device)?.ifindex ?? 0);
const [leftEnd, left, right, rightEnd] = ['leftend', 'left', 'right', 'rightend'].map(portOn) as [
  number,
  number,
  number,
  number,
];
const batch = openBatch();

/** What waits on a port, in the order of its coming. */
function framesOn(port: number): Buffer[] {
  t.same(awaitReadable([port], 10_000), [true]);
  return Array.from({ length: batch.receive(port) }, (_, index) => Buffer.from(batch.frame(index)));
}

const MACS = '020000000001020000000002';
const frameOf = (hex: string): Buffer => Buffer.from(`${MACS}${hex}`.replaceAll(' ', ''), 'hex');

t.test('frames come as they are on the wire, tags too, and go on by another port', async (t) => {
  const frames = ['88b5 0102', '8100 6005 88b5 0304', '88a8 0005 8100 0006 88b5 0506'].map(frameOf);
  for (const frame of frames) sendFrame(leftEnd, frame);
  t.same(framesOn(left), frames);
  batch.overwrite(0, Buffer.from('020000000003', 'hex'));
  batch.send(right, [0]);
  t.same(framesOn(rightEnd), [frameOf('88b5 0102').fill(3, 5, 6)]);
});

t.test('more than a batch takes several', async (t) => {
  for (let sent = 0; sent < BATCH_FRAMES + 1; sent++) sendFrame(leftEnd, frameOf(`88b5 ${sent + 0x1000}`));
  t.equal(framesOn(left).length, BATCH_FRAMES);
  t.equal(framesOn(left).length, 1);
  t.equal(batch.receive(left), 0, 'and then there is none, and nobody waits');
});

t.test('one frame that is refused does not stop those behind it', async (t) => {
  run('ip link set right mtu 100');
  t.teardown(() => run('ip link set right mtu 1500'));
  for (const bytes of [200, 20, 200, 30]) sendFrame(leftEnd, Buffer.concat([frameOf('88b5'), Buffer.alloc(bytes)]));
  t.equal(framesOn(left).length, 4);
  t.same(batch.send(right, [0, 1, 2, 3]), [0, 2], 'it is said which');
  t.same(
    framesOn(rightEnd).map(({ length }) => length),
    [34, 44],
  );
});

t.test('a large segment that has yet to be cut up goes on in one piece', async (t) => {
  const bytes = 6000;
  const ip = Buffer.from(`4500${(20 + 20 + bytes).toString(16)}00000000400600000a0000010a000002`, 'hex');
  const tcp = Buffer.from('0fa00050000000010000000150100fff00000000', 'hex');
  const frame = Buffer.concat([frameOf('0800'), ip, tcp, Buffer.alloc(bytes, 0x61)]);
  // struct virtio_net_hdr: needs a checksum; TCP over IPv4; headers, segment; where the checksum begins, and belongs.
  const header = Buffer.from([1, 1, 54, 0, 0xe8, 0x03, 34, 0, 16, 0]);
  t.equal(header.length, VNET_HEADER_BYTES);
  send(leftEnd, Buffer.concat([header, frame]), header.length + frame.length, 0);
  t.same(framesOn(left), [frame]);
  batch.send(right, [0]);
  t.same(framesOn(rightEnd), [frame]);
});

t.test('of an interface that is down nothing comes, and of one that has gone', async (t) => {
  run('ip link set right down');
  t.equal(batch.receive(right), 0);
  t.equal(batch.receive(right), 0);
  run('ip link del right');
  t.equal(batch.receive(right), 0);
  batch.send(right, []);
});
