import type { BadTopology } from './bad-topology.ts';

/** Pairs that are none, and routes that lead nowhere. */
export const badPairs: BadTopology[] = [
  {
    title: 'firewalls of one priority',
    change: [['priority: 100', 'priority: 150']],
    problems: ['20:33: fw2 and fw1 have the same priority'],
  },
  {
    title: 'a priority out of range',
    change: [['priority: 100', 'priority: 255']],
    problems: ['20:33: priority must be a whole number from 1 to 254, not 255'],
  },
  {
    title: 'a firewall with no priority',
    change: [['priority: 100, ', '']],
    problems: ['19:3: priority of fw2 is missing'],
  },
  {
    title: 'no primary',
    change: [['primary: true, ', '']],
    problems: ['21:3: no load balancer is primary (write primary: true on one)'],
  },
  {
    title: 'two primaries',
    change: [['{ kind: nlb, legs', '{ kind: nlb, primary: true, legs']],
    problems: ['22:31: nlb2 and nlb1 are both primary'],
  },
  {
    title: 'one load balancer',
    change: [['  nlb2: { kind: nlb,', '  nlb2: { kind: router,']],
    problems: ['15:1: there must be two nodes of kind nlb, not 1'],
  },
  {
    title: 'one firewall',
    change: [['kind: firewall, priority: 100,', 'kind: router,']],
    problems: ['12:1: VRRP needs two nodes of kind firewall, not 1'],
  },
  {
    title: 'a firewall that lacks a leg',
    change: [['wan: 100.64.0.3, access: 10.77.1.3 }, routes: [{ to: cluster, via: nlbs }]', 'wan: 100.64.0.3 }']],
    problems: ['14:16: fw2 has no leg on segment access'],
  },
  {
    title: 'a load balancer that lacks the access leg',
    change: [['access: 10.77.1.12, server', 'server']],
    problems: ['22:22: nlb2 has no leg on access, where the nlbs address is'],
  },
  {
    title: 'a next hop that nobody is',
    change: [['via: 10.77.2.11 }', 'via: 10.77.2.9 }']],
    problems: ['29:29: nobody has the address 10.77.2.9'],
  },
  {
    title: 'a next hop on another LAN',
    change: [['via: 10.77.2.11 }', 'via: vrrp.access }']],
    problems: ['29:29: 10.77.1.1 is on no LAN of server (its legs: server)'],
  },
  {
    title: 'a next hop that is the node itself',
    change: [['via: 10.77.2.11 }', 'via: 10.77.2.1 }']],
    problems: ['29:29: 10.77.2.1 is server1 itself'],
  },
  {
    title: 'a next hop that is no address and no word',
    change: [['via: 10.77.2.11 }', 'via: nobody }']],
    problems: ['29:29: "nobody" is not a next hop (nlbs, vrrp.SEGMENT, or an address)'],
  },
  {
    title: 'the virtual router of a segment that has none',
    change: [['via: 10.77.2.11 }', 'via: vrrp.server }']],
    problems: ['29:29: there is no virtual router on segment "server" (there are vrrp.wan, vrrp.access)'],
  },
  {
    title: 'an unknown destination',
    change: [['{ to: default,', '{ to: everything,']],
    problems: ['29:15: "everything" is not a destination (default, cluster, or a subnet such as 10.77.2.0/24)'],
  },
  {
    title: 'a destination with host bits',
    change: [['{ to: default,', '{ to: 10.1.1.1/8,']],
    problems: ['29:15: 10.1.1.1/8 has host bits set (the subnet is 10.0.0.0/8)'],
  },
  {
    title: 'two routes to one destination',
    change: [['via: 10.77.2.11 }', 'via: 10.77.2.11 }\n      - { to: default, via: 10.77.2.12 }']],
    problems: ['30:15: server has a route to default already'],
  },
  {
    title: 'a topology name with a space',
    change: [['name: small', 'name: Small Net']],
    problems: ['1:7: topology "Small Net" must be lower-case letters, digits and hyphens, a letter first'],
  },
  {
    title: 'an unknown word on the loopback',
    change: [['[cluster]', '[clusters]']],
    problems: ['27:16: "clusters" is not an IPv4 address (such as 10.77.1.11)'],
  },
];
