import t from 'tap';
import { decodeVlan } from './interfaces.ts';
import { decodeAttributes } from './netlink.ts';

/** Attributes of a link as the kernel sends them: length, type (both with the lowest octet first), value, padding. */
const attributes = (hex: string) => decodeAttributes(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const LINK_7 = '0800 0500 07000000';
const VLAN = '0900 0100 766c616e 00 000000';
const ID_100 = '1000 0200  0600 0100 6400 0000  0500 0300 01 000000';

t.test('the VLAN of an interface, and the interface below', async (t) => {
  t.same(decodeVlan(attributes(`${LINK_7} 2000 1200 ${VLAN} ${ID_100}`)), { vlan: { parent: 7, id: 100 } });
});

t.test('an interface that is no VLAN’s has none', async (t) => {
  t.same(decodeVlan(attributes(LINK_7)), {});
  t.same(decodeVlan(attributes(`${LINK_7} 2000 1200 ${VLAN.replace('766c616e', '76657468')} ${ID_100}`)), {}, 'veth');
  t.same(decodeVlan(attributes(`2000 1200 ${VLAN} ${ID_100}`)), {}, 'nothing below it');
});
