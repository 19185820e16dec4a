import t from 'tap';
import { frame, internet, OVER, shown, tcp, told, udp, watched } from './literal-history.ts';
import { noRoutingProtocol } from './no-routing.ts';

const SEEN = watched('frames', 'access');
const WAY = { atMs: 1, from: { lan: 'access', node: 'fw1', leg: 'access' }, to: [] };
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const FLOW = { source: '10.77.1.2', sourcePort: 4711, destination: '10.77.1.3', destinationPort: 80 };

t.test('no routing protocol is spoken', async (t) => {
  const none = noRoutingProtocol({ lan: 'access', atLeast: 1 });
  const packet = (protocol: number) => internet(WAY, MACS, { ...FLOW, protocol }, new Uint8Array(8));
  const isIs = Uint8Array.from([...new Uint8Array(12), 0, 3, 0xfe, 0xfe, 3]);
  const spanningTree = Uint8Array.from([...new Uint8Array(12), 0, 3, 0x42, 0x42, 3]);
  t.match(told(none, SEEN, tcp(WAY, MACS, FLOW), udp(WAY, MACS, FLOW), packet(50), OVER), /^pass: none of 3 frames/);
  t.match(told(none, SEEN, frame(WAY, spanningTree), OVER), /^pass/);
  t.match(told(none, SEEN, frame(WAY, new Uint8Array(20).fill(8)), OVER), /^pass/, 'nor by what is cut short');
  t.same(shown(none, SEEN, packet(50), packet(51), OVER), ['frame 1']);
  t.match(told(none, SEEN, packet(9), OVER), /^fail: .* IGRP/);
  t.match(told(none, SEEN, packet(89), OVER), /^fail: fw1\/access speaks OSPF/);
  t.match(told(none, SEEN, packet(88), OVER), /^fail: .* EIGRP/);
  t.match(told(none, SEEN, udp(WAY, MACS, { ...FLOW, destinationPort: 520 }), OVER), /^fail: .* RIP/);
  t.match(told(none, SEEN, tcp(WAY, MACS, { ...FLOW, destinationPort: 179 }), OVER), /^fail: .* BGP/);
  t.match(told(none, SEEN, tcp(WAY, MACS, { ...FLOW, sourcePort: 179 }), OVER), /^fail: .* BGP/);
  t.match(told(none, SEEN, frame(WAY, isIs), OVER), /^fail: .* IS-IS/);
  t.match(told(none, SEEN, OVER), /^unknown: 0 frames/);
  t.match(told(none, tcp(WAY, MACS, FLOW), OVER), /^unknown: frames of access/);
});
