import type { BadTopology } from './bad-topology.ts';

/** Subnets, virtual routers and shared addresses that are wrong. */
export const badAddresses: BadTopology[] = [
  {
    title: 'overlapping subnets',
    change: [
      ['wan:    { subnet: 100.64.0.0/24 }', 'wan:    { subnet: 100.64.0.0/24 }\n  old:    { subnet: 100.64.0.0/16 }'],
    ],
    problems: ['4:21: 100.64.0.0/16 overlaps 100.64.0.0/24 of segment wan'],
  },
  {
    title: 'a subnet with host bits',
    change: [['10.77.2.0/28', '10.77.2.1/28']],
    problems: ['5:21: 10.77.2.1/28 has host bits set (the subnet is 10.77.2.0/28)'],
  },
  {
    title: 'a subnet with no room',
    change: [['10.77.2.0/28', '10.77.2.0/31']],
    problems: ['5:21: a prefix length of 31 is outside 16 to 30'],
  },
  {
    title: 'a subnet that is none',
    change: [['10.77.2.0/28', '10.77.2']],
    problems: ['5:21: "10.77.2" is not a subnet (such as 10.77.1.0/24)'],
  },
  {
    title: 'a subnet of loopback',
    change: [
      ['wan:    { subnet: 100.64.0.0/24 }', 'wan:    { subnet: 100.64.0.0/24 }\n  odd:    { subnet: 127.0.0.0/24 }'],
    ],
    problems: ['4:21: 127.0.0.0/24 is not for stations: it is loopback, multicast or reserved'],
  },
  {
    title: 'a LAN that there is not',
    change: [['10.77.2.0/28 }', '10.77.2.0/28, lan: acces }']],
    problems: ['5:40: unknown segment "acces" (there are wan, access, server)'],
  },
  {
    title: "a LAN that is not its owner's",
    change: [['10.77.2.0/28 }\n', '10.77.2.0/28, lan: access }\n  third:  { subnet: 10.77.3.0/24, lan: server }\n']],
    problems: ['6:40: "server" has no LAN of its own (it shares that of access)'],
  },
  {
    title: 'clashing VRRP ids on one LAN',
    change: [
      ['subnet: 10.77.1.0/24 }', 'subnet: 10.77.1.0/24, lan: wan }'],
      ['id: 52', 'id: 51'],
    ],
    problems: ['14:48: VRRP id 51 is used on LAN wan already, by segment wan'],
  },
  {
    title: 'a VRRP id out of range',
    change: [['id: 52', 'id: 256']],
    problems: ['14:48: id must be a whole number from 1 to 255, not 256'],
  },
  {
    title: 'a VRRP id that is not whole',
    change: [['id: 52', 'id: 1.5']],
    problems: ['14:48: id must be a whole number from 1 to 255, not 1.5'],
  },
  {
    title: 'VRRP on an unknown segment',
    change: [['segment: access, address: 10.77.1.1,', 'segment: dmz, address: 10.77.1.1,']],
    problems: ['14:16: unknown segment "dmz" (there are wan, access, server)'],
  },
  {
    title: 'two virtual routers on one segment',
    change: [['segment: access, address: 10.77.1.1,', 'segment: wan, address: 100.64.0.4,']],
    problems: ['14:16: segment wan has a virtual router already'],
  },
  {
    title: 'an address outside its subnet',
    change: [['address: 10.77.1.100', 'address: 10.77.3.100']],
    problems: ['11:35: 10.77.3.100 is outside 10.77.1.0/24, the subnet of segment access'],
  },
  {
    title: 'a broadcast address',
    change: [['address: 10.77.1.100', 'address: 10.77.1.255']],
    problems: ['11:35: 10.77.1.255 is the broadcast address of 10.77.1.0/24'],
  },
  {
    title: 'a network address',
    change: [['address: 10.77.1.100', 'address: 10.77.1.0']],
    problems: ['11:35: 10.77.1.0 is the network address of 10.77.1.0/24'],
  },
  {
    title: 'an address of two holders',
    change: [['address: 10.77.1.100', 'address: 10.77.1.12']],
    problems: ['22:38: 10.77.1.12 for nlb2 is already that of the load balancers'],
  },
  {
    title: 'an address that is none',
    change: [['address: 10.77.1.100', 'address: 10.77.1']],
    problems: ['11:35: "10.77.1" is not an IPv4 address (such as 10.77.1.11)'],
  },
  {
    title: 'an address with a leading zero',
    change: [['address: 10.77.1.100', 'address: 10.77.1.010']],
    problems: ['11:35: "10.77.1.010" is not an IPv4 address (such as 10.77.1.11)'],
  },
];
