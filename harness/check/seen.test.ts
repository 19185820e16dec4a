import t from 'tap';
import { encodeArp } from '../capture/arp.ts';
import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIpv4 } from '../capture/ipv4.ts';
import { encodeUdp } from '../capture/udp.ts';
import type { FrameSeen } from '../history/event.ts';
import { frame } from './literal-history.ts';
import { arpsOf, framesOf, mayCarry, packetsOf, plainAddresses } from './seen.ts';

const PORT = { lan: 'access', node: 'nlb1', leg: 'access' };
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const ENDS = { source: '198.51.100.10', destination: '203.0.113.10' };
const tag = (tpid: number) => [{ tpid, id: 5, priority: 0, dropEligible: false }];

function sent(etherType: number, payload: Uint8Array, tpid?: number): FrameSeen {
  const vlans = tpid === undefined ? [] : tag(tpid);
  const [event] = frame({ atMs: 1, from: PORT, to: [] }, encodeEthernet({ ...MACS, etherType, vlans }, payload));
  if (!event) throw new Error('it was sent');
  return event;
}
const packet = (ends = ENDS) => {
  const datagram = encodeUdp({ ...ends, sourcePort: 1, destinationPort: 2, payload: new Uint8Array(8) });
  return encodeIpv4({ ...ends, protocol: 17 }, datagram);
};
const question = encodeArp({
  operation: 'request',
  senderMac: MACS.source,
  senderIp: '10.77.1.2',
  targetMac: '00:00:00:00:00:00',
  targetIp: '10.77.1.100',
});
const TAGS = [undefined, ETHER_TYPE.vlan, ETHER_TYPE.serviceVlan];

t.test('packets and ARP are found in tagged frames as in plain ones', async (t) => {
  for (const tpid of TAGS) {
    const [ipv4, arp] = [sent(ETHER_TYPE.ipv4, packet(), tpid), sent(ETHER_TYPE.arp, question, tpid)];
    const events = [ipv4, arp];
    t.same(
      packetsOf(events, {}).map(({ event }) => event),
      [ipv4],
      `${tpid}`,
    );
    t.same(
      arpsOf(events, {}).map(({ event }) => event),
      [arp],
      `${tpid}`,
    );
    t.same(
      packetsOf(events, { source: ENDS.source }).map(({ event }) => event),
      [ipv4],
      `from there ${tpid}`,
    );
    t.same(packetsOf(events, { source: ENDS.destination }), [], `from elsewhere ${tpid}`);
  }
});

t.test('a glance says which frames cannot carry something', async (t) => {
  t.notOk(mayCarry(sent(ETHER_TYPE.arp, question), ETHER_TYPE.ipv4));
  t.ok(mayCarry(sent(ETHER_TYPE.arp, question), ETHER_TYPE.arp));
  for (const tpid of TAGS.slice(1))
    t.ok(mayCarry(sent(ETHER_TYPE.arp, question, tpid), ETHER_TYPE.ipv4), 'a tag hides it');
});

t.test('addresses of a plain packet are read where they stand', async (t) => {
  const whole = sent(ETHER_TYPE.ipv4, packet());
  const cut = (length: number) => ({ ...whole, bytes: whole.bytes.slice(0, length) });
  t.same(plainAddresses(whole), ENDS);
  t.same(plainAddresses(cut(34)), ENDS, 'both are there');
  t.equal(plainAddresses(cut(33)), undefined);
  t.equal(plainAddresses(sent(ETHER_TYPE.arp, question)), undefined);
  t.equal(plainAddresses(sent(ETHER_TYPE.ipv4, packet(), ETHER_TYPE.vlan)), undefined);
});

t.test('frames are found by everything that is given', async (t) => {
  const event = sent(ETHER_TYPE.ipv4, packet());
  const found = (filter: Parameters<typeof framesOf>[1]) => framesOf([event], filter).length;
  t.equal(found({ ...PORT, direction: 'sent' }), 1);
  for (const other of [{ lan: 'server' }, { node: 'nlb2' }, { leg: 'server' }, { direction: 'received' as const }]) {
    t.equal(found({ ...PORT, direction: 'sent', ...other }), 0, JSON.stringify(other));
  }
});
