import t from 'tap';
import { parseConfig } from '../config/load.ts';
import { DEFAULT_TIMEOUTS } from '../datapath/specification/timeouts.ts';
import { NO_HEARTBEAT, type Tables } from '../datapath/tables/tables.ts';
import { inheritedHardware, inheritedVerdicts } from './inherit.ts';

const config = parseConfig(
  `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10]
servers:
  - { name: a, address: 10.77.2.21 }
  - { name: b, address: 10.77.2.22 }
  - { name: drained, address: 10.77.2.23, weight: 0 }
  - { name: out, address: 10.77.2.24, weight: 0 }
services:
  - { name: http, address: 203.0.113.10, protocol: tcp, port: 80 }
  - { name: new, address: 203.0.113.10, protocol: tcp, port: 81 }
  - { name: echo, address: 203.0.113.10, protocol: udp, port: 7 }
`,
  'nlb.yaml',
);
const ids = new Map([
  ['a', 4],
  ['b', 5],
  ['drained', 6],
  ['out', 7],
]);
const mac = '02:00:00:00:02:15';
const earlier: Tables = {
  nlbs: '10.77.1.100',
  heartbeat: NO_HEARTBEAT,
  timeouts: DEFAULT_TIMEOUTS,
  clusterAddresses: ['203.0.113.10'],
  servers: [
    { id: 4, address: '10.77.2.21', kept: true, mac },
    { id: 5, address: '10.77.2.22', kept: true },
    { id: 6, address: '10.77.2.23', kept: true },
    { id: 7, address: '10.77.2.24', kept: false },
  ],
  services: [
    { address: '203.0.113.10', protocol: 'tcp', port: 80, slots: Int32Array.of(-1, 4, 4, 7) },
    { address: '203.0.113.10', protocol: 'udp', port: 7, slots: Int32Array.of(4, 5) },
  ],
};

t.test('a server counts as healthy for the services that were sending it connections', async (t) => {
  const verdicts = inheritedVerdicts(config, earlier, ids);
  // b was chosen for echo only, and a server without weight is never chosen; the UDP service has no check.
  t.same([...verdicts.keys()], ['http on a', 'http on drained']);
  t.match(verdicts.get('http on a'), { healthy: true, contrary: 1, inherited: true });
});

t.test('new tables tell nothing', async (t) => {
  t.same([...inheritedVerdicts(config, { ...earlier, servers: [], services: [] }, ids)], []);
});

t.test('what was known of hardware addresses is known again', async (t) => {
  t.same([...inheritedHardware(earlier, 17)], [['10.77.2.21', { mac, seenMs: 17 }]]);
});
