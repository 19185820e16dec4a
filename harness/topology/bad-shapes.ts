import { type BadTopology, small } from './bad-topology.ts';

/** What is not YAML, or not a topology by its shape. */
export const badShapes: BadTopology[] = [
  {
    title: 'text that is not YAML',
    change: [[small, 'nodes: {']],
    problems: ['1:9: YAML: Flow map in block collection must be sufficiently indented and end with a }'],
  },
  { title: 'nothing at all', change: [[small, '']], problems: ['1:1: not a topology'] },
  { title: 'a list where a mapping must be', change: [[small, '- name: small\n']], problems: ['1:1: not a topology'] },
  {
    title: 'an unknown key',
    change: [['via: 10.77.2.11 }', 'via: 10.77.2.11, dev: eth0 }']],
    problems: ['29:41: unknown key "dev"'],
  },
  {
    title: 'an unknown key at the top',
    change: [['nlbs: {', 'lbs: 1\nnlbs: {']],
    problems: ['11:1: unknown key "lbs"'],
  },
  {
    title: 'a missing key',
    change: [['segment: access, address: 10.77.1.100', 'address: 10.77.1.100']],
    problems: ['11:1: segment is missing'],
  },
  { title: 'a wrong type', change: [['id: 52', 'id: many']], problems: ['14:48: id must be a number'] },
  {
    title: 'an unknown kind',
    change: [['kind: server', 'kind: sever']],
    problems: ['24:11: kind must be one of client, server, router, firewall, nlb'],
  },
  {
    title: 'an unknown protocol',
    change: [['protocol: udp', 'protocol: sctp']],
    problems: ['10:31: protocol must be one of tcp, udp'],
  },
  {
    title: 'a key given twice',
    change: [['priority: 150,', 'priority: 150, priority: 151,']],
    problems: ['18:38: YAML: Map keys must be unique'],
  },
  {
    title: 'an alias with no anchor',
    change: [['count: 3', 'count: *n']],
    problems: ['25:12: no anchor "&n" before this alias'],
  },
  {
    title: 'aliases of aliases, which would unfold into more than there is memory for',
    change: [
      [
        'name: small',
        'name: small\na: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
      ],
    ],
    problems: ['1:1: YAML: Excessive alias count indicates a resource exhaustion attack'],
  },
];
