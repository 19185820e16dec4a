import type { BadTopology } from './bad-topology.ts';

/** Legs, counts, services and names that are wrong. */
export const badNodes: BadTopology[] = [
  {
    title: 'a leg on an unknown segment',
    change: [['legs: { server: 10.77.2.1 }', 'legs: { sever: 10.77.2.1 }']],
    problems: ['26:13: unknown segment "sever" (there are wan, access, server)'],
  },
  { title: 'no legs', change: [['legs: { server: 10.77.2.1 }', 'legs: {}']], problems: ['26:11: server has no legs'] },
  {
    title: 'servers that run into others',
    change: [['legs: { server: 10.77.2.1 }', 'legs: { server: 10.77.2.10 }']],
    problems: [
      '26:21: 10.77.2.11 for server2 is already that of nlb1',
      '26:21: 10.77.2.12 for server3 is already that of nlb2',
      '29:29: 10.77.2.11 is server2 itself',
    ],
  },
  {
    title: 'servers that run out of their subnet',
    change: [['legs: { server: 10.77.2.1 }', 'legs: { server: 10.77.2.13 }']],
    problems: ['25:12: the count runs out of 10.77.2.0/28, the subnet of segment server'],
  },
  {
    title: 'a count of none',
    change: [['count: 3', 'count: 0']],
    problems: ['25:12: count must be a whole number from 1 to 1000, not 0'],
  },
  {
    title: 'a count that is not whole',
    change: [['count: 3', 'count: 2.5']],
    problems: ['25:12: count must be a whole number from 1 to 1000, not 2.5'],
  },
  {
    title: 'a cluster with no address',
    change: [['[203.0.113.10, 203.0.113.11]', '[]']],
    problems: ['7:14: a cluster needs an address'],
  },
  {
    title: 'a cluster address given twice',
    change: [['[203.0.113.10, 203.0.113.11]', '[203.0.113.10, 203.0.113.10]']],
    problems: ['7:29: 203.0.113.10 for the cluster is already that of the cluster'],
  },
  {
    title: 'a multicast cluster address',
    change: [['[203.0.113.10, 203.0.113.11]', '[203.0.113.10, 224.0.0.1]']],
    problems: ['7:29: 224.0.0.1 is not for stations: it is loopback, multicast or reserved'],
  },
  {
    title: 'a cluster address on the wrong segment',
    change: [['[203.0.113.10, 203.0.113.11]', '[203.0.113.10, 10.77.2.9]']],
    problems: ['7:29: 10.77.2.9 is in segment server, not where the nlbs address is'],
  },
  {
    title: 'a port out of range',
    change: [['port: 80', 'port: 65536']],
    problems: ['9:42: port must be a whole number from 1 to 65535, not 65536'],
  },
  {
    title: 'two services of one name',
    change: [['name: echo, protocol: udp, port: 7', 'name: http, protocol: udp, port: 7']],
    problems: ['10:15: there is a service "http" already'],
  },
  {
    title: 'two services of one port',
    change: [['name: echo, protocol: udp, port: 7', 'name: echo, protocol: tcp, port: 80']],
    problems: ['10:42: tcp port 80 is that of service "http" already'],
  },
  {
    title: 'a node name that is too long for a device',
    change: [['  fw2:', '  a-long-firewall2:']],
    problems: ['19:3: node "a-long-firewall2" is 16 bytes long; a device name holds at most 15'],
  },
  {
    title: 'a segment name that is too long for a device',
    change: [
      [
        'wan:    { subnet: 100.64.0.0/24 }',
        'wan:    { subnet: 100.64.0.0/24 }\n  sixteen-letters-: { subnet: 10.1.0.0/24 }',
      ],
    ],
    problems: ['4:3: segment "sixteen-letters-" is 16 bytes long; a device name holds at most 15'],
  },
  {
    title: 'a port name that is too long for a device',
    change: [
      ['subnet: 10.77.2.0/28 }', 'subnet: 10.77.2.0/28, lan: access }'],
      ['  nlb1: {', '  balancer-1: {'],
    ],
    problems: [
      '21:51: port "balancer-1-access" is 17 bytes long; a device name holds at most 15',
      '21:71: port "balancer-1-server" is 17 bytes long; a device name holds at most 15',
    ],
  },
  {
    title: 'numbered names that grow too long',
    change: [
      ['  server:\n    kind', '  server-of-webs:\n    kind'],
      ['count: 3', 'count: 10'],
    ],
    problems: ['23:3: node "server-of-webs10" is 16 bytes long; a device name holds at most 15'],
  },
  {
    title: 'a name in capitals',
    change: [['  fw2:', '  FW2:']],
    problems: ['19:3: node "FW2" must be lower-case letters, digits and hyphens, a letter first'],
  },
  {
    title: 'a name that Linux uses',
    change: [['  fw2:', '  all:']],
    problems: ['19:3: node "all" is a name that Linux uses itself'],
  },
  {
    title: 'a node named as a segment',
    change: [['  fw2:', '  access:']],
    problems: ['19:3: "access" is the name of a segment already'],
  },
  {
    title: 'two nodes of one name',
    change: [['  fw2:', '  server1:']],
    problems: ['23:3: there are two nodes named "server1"'],
  },
];
