import t from 'tap';
import { monotonicNs } from '../../kernel/clock.ts';
import { send } from '../../kernel/libc.ts';
import { openPacketPort, VNET_HEADER_BYTES } from '../../kernel/packet-port.ts';
import { enterPrivateNamespaces, run, until } from '../../kernel/private-namespaces.ts';
import { openDatapath } from '../datapath.ts';
import { bytesOf, IP_TCP } from '../kit/frames.ts';
import { HOUR_NS, makeNode } from '../kit/node.ts';
import { holdLease, ifindexOf, options, pinDirectory, tables } from '../kit/rig.ts';
import { openVethPeers, withChecksum } from '../kit/veth-peers.ts';

enterPrivateNamespaces(import.meta.url);
makeNode(t);

const STACKED_MAC = '02:00:00:00:00:05';
const [SEGMENT_BYTES, SEGMENTS] = [1000, 8];
const [HEADERS_BYTES, TCP_AT, CHECKSUM_IN_TCP] = [54, 34, 16];

/** As receive offload has put segments together: one packet, of which the kernel knows how it is to be cut up again. */
function largePacket(): Buffer {
  const octets = Buffer.alloc(SEGMENTS * SEGMENT_BYTES, 0x6f);
  const length = (HEADERS_BYTES - 14 + octets.length).toString(16).padStart(4, '0');
  const [ip, tcp] = [IP_TCP.replace('4500 0028', `4500 ${length}`), '3039 0050 00000001 00000001 5010 ffff 0000 0000'];
  const macs = `${STACKED_MAC.replaceAll(':', '')} 020000000011`;
  const packet = withChecksum(Buffer.concat([bytesOf(`${macs} ${ip} ${tcp}`), octets]));
  // struct virtio_net_hdr: a checksum to be filled in, TCP over IPv4.
  const header = Buffer.alloc(VNET_HEADER_BYTES);
  header.set([1, 1]);
  for (const [index, value] of [HEADERS_BYTES, SEGMENT_BYTES, TCP_AT, CHECKSUM_IN_TCP].entries())
    header.writeUInt16LE(value, 2 + 2 * index);
  return Buffer.concat([header, packet]);
}

t.test('merged segments are forwarded by an interface that is stacked on another', async (t) => {
  run(`ip link add stacked link access address ${STACKED_MAC} type macvlan mode bridge`);
  t.teardown(() => run('ip link del stacked'));
  run('ip link set stacked up');
  const datapath = openDatapath({ ...options(pinDirectory(t)), accessInterfaces: ['stacked'], first: tables() });
  t.teardown(() => datapath.remove());
  datapath.apply(tables());
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  const [peers, router] = [openVethPeers(), openPacketPort(ifindexOf('router'))];
  const packet = largePacket();
  t.equal(send(router, packet, packet.length, 0), packet.length);
  await until(() => datapath.outcomes().FORWARDED_NEW.packets > 0n, 'it is forwarded');
  const came = peers.next('server');
  t.equal(came.length, HEADERS_BYTES + SEGMENTS * SEGMENT_BYTES);
  t.ok(came.subarray(HEADERS_BYTES).equals(packet.subarray(VNET_HEADER_BYTES + HEADERS_BYTES)));
});
