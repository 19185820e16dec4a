import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from './load.ts';
import { ConfigRefused } from './problem.ts';

const good = `node: nlb1
primary: true
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
clusterAddresses: [203.0.113.10]
servers:
  - { name: server1, address: 10.77.2.21 }
  - { name: server2, address: 10.77.2.22, weight: 3 }
services:
  - { name: http, address: 203.0.113.10, protocol: tcp, port: 80 }
  - { name: echo, address: 203.0.113.10, protocol: udp, port: 7, servers: [server2] }
heartbeat: { insecure: true }
`;

/** The places and messages of a text that must be refused. */
function problemsOf(text: string): string[] {
  try {
    parseConfig(text, 'nlb.yaml');
  } catch (error) {
    if (error instanceof ConfigRefused) return error.message.split('\n');
    throw error;
  }
  return [];
}

t.test('a short configuration is completed with the defaults', async (t) => {
  const config = parseConfig(good, 'nlb.yaml');
  t.match(config, {
    node: 'nlb1',
    primary: true,
    heartbeat: { port: 4694, intervalMs: 10, deadAfterMs: 40, leaseMs: 30, forwardGraceMs: 500 },
    access: { furtherInterfaces: [] },
    servers: [
      { weight: 1, draining: false },
      { weight: 3, draining: false },
    ],
    limits: { tcpPerSecond: 50_000, udpPerSecond: 10_000 },
    timeouts: {
      unprovenMs: 240_000,
      establishedMs: 7_440_000,
      finishedMs: 240_000,
      resetMs: 240_000,
      datagramsMs: 300_000,
      fragmentMs: 30_000,
    },
    datapath: {
      mode: 'auto',
      pinDirectory: '/sys/fs/bpf/nlb',
      maxConnections: 1_000_000,
      maxUdpFlows: 262_144,
      maxServers: 4096,
      maxServices: 512,
    },
    sync: 'off',
    control: { socket: '/run/nlb/nlbd.sock' },
    scripts: { timeLimitMs: 5000 },
    reach: { targets: [], intervalMs: 500, timeoutMs: 300, rise: 2, fall: 3 },
    recovery: { strategy: 'manual', holdDownMs: 5000, holdDownMaxMs: 300_000 },
  });
});

t.test('a good key file is taken; each thing wrong with a bad one is reported at its name', async (t) => {
  const file = join(t.testdir(), 'key');
  const keyed = good.replace('insecure: true', `keyFile: ${file}`);
  writeFileSync(file, Buffer.alloc(32, 1).toString('base64'), { mode: 0o600 });
  t.match(parseConfig(keyed, 'nlb.yaml'), { heartbeat: { keyFile: file, insecure: false } });
  writeFileSync(file, 'AAAA\n?\n');
  t.same(problemsOf(keyed), [
    `nlb.yaml:14:23: heartbeat.keyFile: ${file} line 1 holds 3 bytes; a key has at least 32`,
    `nlb.yaml:14:23: heartbeat.keyFile: ${file} line 2 is not base64`,
  ]);
});

t.test('a state script must be there, and executable', async (t) => {
  const folder = t.testdir();
  const [hook, text] = [join(folder, 'hook'), join(folder, 'text')];
  writeFileSync(hook, '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(text, '#!/bin/sh\n', { mode: 0o644 });
  const scripted = `${good}scripts: { active: ${hook}, standby: ${text}, inop: ${folder}, initial: ${hook}s }\n`;
  t.match(
    problemsOf(scripted),
    [
      `scripts.standby: ${text} may not be executed (chmod +x)`,
      `scripts.inop: ${folder} is not a regular file`,
      `scripts.initial: ${hook}s cannot be run: ENOENT`,
    ].map((problem) => new RegExp(problem.replaceAll(/[()+.]/g, '\\$&'))),
  );
  t.same(problemsOf(`${good}scripts: { active: ${hook} }\n`), []);
});

t.test('in the layout of the prior art the NLBS address is a cluster address', async (t) => {
  t.same(problemsOf(good.replace('nlbs: 10.77.1.100', 'nlbs: 203.0.113.10')), []);
});

const one: [what: string, change: [string, string], problem: string][] = [
  [
    'a bad address',
    ['nlbs: 10.77.1.100', 'nlbs: 10.77.1.300'],
    'nlb.yaml:5:7: nlbs: "10.77.1.300" is not an IPv4 address (four numbers, 0 to 255)',
  ],
  ['a missing section', ['nlbs: 10.77.1.100\n', ''], 'nlb.yaml:1:1: nlbs: is missing'],
  [
    'an unknown section, at its key',
    ['primary:', 'primry:'],
    `nlb.yaml:2:1: primry: unknown setting; known are node, primary, access, server, nlbs, peer, heartbeat, reach, recovery, clusterAddresses, servers, services, sync, scripts, timeouts, limits, datapath, control, log`,
  ],
  [
    'an unknown key within a section, at the key',
    ['weight: 3', 'wieght: 3'],
    'nlb.yaml:10:43: servers[1].wieght: unknown setting',
  ],
  [
    'an address that is used twice',
    ['10.77.2.22', '10.77.2.12'],
    'nlb.yaml:10:31: servers[1].address: 10.77.2.12 is already the peer on the server subnet',
  ],
  [
    'a service of an unknown server',
    ['[server2]', '[server3]'],
    'nlb.yaml:13:76: services[1].servers[0]: there is no server "server3"',
  ],
  [
    "a service at an address that is not the cluster's",
    ['http, address: 203.0.113.10', 'http, address: 203.0.113.11'],
    'nlb.yaml:12:28: services[0].address: 203.0.113.11 is not among clusterAddresses',
  ],
  [
    'an interface name whose alias label is too long',
    ['interface: access', 'interface: access-lan0x'],
    'nlb.yaml:3:22: access.interface: "access-lan0x:nlbs" is the alias\'s label and has more than 15 bytes; the name may have 10',
  ],
  [
    'a reach target by no known way',
    ['heartbeat:', 'reach: { targets: [{ name: fw, address: 10.77.1.1, via: wan }] }\nheartbeat:'],
    'nlb.yaml:14:57: reach.targets[0].via: Invalid option: expected one of "access"|"server"',
  ],
  [
    'two reach targets of one name',
    [
      'heartbeat:',
      'reach: { targets: [{ name: fw, address: 10.77.1.1 }, { name: fw, address: 10.77.1.2 }] }\nheartbeat:',
    ],
    'nlb.yaml:14:62: reach.targets[1].name: "fw" is the name of targets[0] too',
  ],
  [
    'a reach target that is waited for until after the next question',
    ['heartbeat:', 'reach: { intervalMs: 200 }\nheartbeat:'],
    'nlb.yaml:14:8: reach.timeoutMs: 300 must not be more than intervalMs (200)',
  ],
  [
    'a hold-down that is longer than its longest',
    ['heartbeat:', 'recovery: { holdDownMaxMs: 1000 }\nheartbeat:'],
    'nlb.yaml:14:28: recovery.holdDownMaxMs: 1000 must not be less than holdDownMs (5000)',
  ],
  [
    'a lease that a late beat breaks',
    ['insecure: true', 'leaseMs: 20, insecure: true'],
    'nlb.yaml:14:23: heartbeat.leaseMs: 20 must be more than twice intervalMs (10)',
  ],
  [
    'a lease that outlives the judgement of death',
    ['insecure: true', 'leaseMs: 40, insecure: true'],
    'nlb.yaml:14:12: heartbeat.deadAfterMs: 40 must be more than leaseMs (40)',
  ],
  [
    'a pair without a key',
    ['heartbeat: { insecure: true }\n', ''],
    'nlb.yaml:1:1: heartbeat.keyFile: is missing; name a key file, or write "insecure: true" to go without',
  ],
  [
    'a pair that has a key file and wants to go without',
    ['{ insecure: true }', '{ keyFile: /none, insecure: true }'],
    'nlb.yaml:14:40: heartbeat.insecure: is true, and yet there is a keyFile; use one',
  ],
  [
    'a key file that is not there',
    ['insecure: true', 'keyFile: /none'],
    "nlb.yaml:14:23: heartbeat.keyFile: /none cannot be read: ENOENT: no such file or directory, open '/none'",
  ],
  [
    'one leg for both subnets',
    ['interface: server', 'interface: access'],
    'nlb.yaml:4:22: server.interface: "access" is access.interface already; each leg needs its own',
  ],
  [
    'an interface that is on both sides, or twice on one',
    ['10.77.2.11 }', '10.77.2.11, furtherInterfaces: [b, access] }'],
    'nlb.yaml:4:74: server.furtherInterfaces[1]: "access" is access.interface already; each leg needs its own',
  ],
  [
    'a server behind an interface that leads to none',
    ['10.77.2.21 }', '10.77.2.21, interface: access }'],
    'nlb.yaml:9:54: servers[0].interface: "access" is none of the server interfaces: server',
  ],
  [
    'a TCP service of any port that is not said where to check',
    ['port: 80', 'port: any'],
    'nlb.yaml:12:5: services[0].check: a service of any port is checked at one that it names: check.port is missing',
  ],
  [
    'a client that is to stay by more bits than there are',
    ['port: 80 }', 'port: 80, persistence: { prefix: 33 } }'],
    'nlb.yaml:12:90: services[0].persistence.prefix: Too big: expected number to be <=32',
  ],
  [
    'a timeout of no time',
    ['heartbeat:', 'timeouts: { resetMs: 0 }\nheartbeat:'],
    'nlb.yaml:14:22: timeouts.resetMs: Too small: expected number to be >=1',
  ],
  [
    'more servers than the tables hold',
    ['heartbeat:', 'datapath: { maxServers: 1 }\nheartbeat:'],
    'nlb.yaml:9:3: servers: are 2, and datapath.maxServers leaves room for 1',
  ],
  [
    'more servers than a slot can name beside its mark',
    ['heartbeat:', 'datapath: { maxServers: 32768 }\nheartbeat:'],
    'nlb.yaml:14:25: datapath.maxServers: Too big: expected number to be <=32767',
  ],
  [
    'more services than the tables hold',
    ['heartbeat:', 'datapath: { maxServices: 1 }\nheartbeat:'],
    'nlb.yaml:12:3: services: are 2, and datapath.maxServices leaves room for 1',
  ],
  [
    'a peer that is the node itself',
    ['name: nlb2', 'name: nlb1'],
    'nlb.yaml:6:15: peer.name: "nlb1" is this node\'s own name',
  ],
  [
    'two servers of one name',
    ['name: server2', 'name: server1'],
    'nlb.yaml:10:13: servers[1].name: "server1" is the name of servers[0] too',
  ],
  [
    'a tcp check of a udp service without a port',
    ['[server2] }', '[server2], check: {} }'],
    'nlb.yaml:13:93: services[1].check: a tcp check of a udp service needs a port',
  ],
  [
    'a check that takes longer than its interval',
    ['port: 80 }', 'port: 80, check: { timeoutMs: 900 } }'],
    'nlb.yaml:12:87: services[0].check.timeoutMs: 900 must not be more than intervalMs (500)',
  ],
];

for (const [what, [from, to], problem] of one) {
  t.test(`${what} is reported at its place`, async (t) => {
    t.ok(good.includes(from));
    t.ok(problemsOf(good.replace(from, to)).includes(problem), problemsOf(good.replace(from, to)).join('\n'));
  });
}

t.test('every problem is reported at once, in the order of the text', async (t) => {
  const bad = good
    .replace('10.77.1.11 }', '10.77.1 }')
    .replace('port: 80', 'port: 0')
    .replace('10.77.2.22', '10.77.2.21');
  t.same(
    problemsOf(bad).map((line) => line.split(': ').slice(0, 2).join(': ')),
    ['nlb.yaml:3:39: access.address', 'nlb.yaml:10:31: servers[1].address', 'nlb.yaml:12:63: services[0].port'],
  );
});

t.test('text that is not YAML, and YAML that is not a map, are refused', async (t) => {
  t.match(problemsOf('node: [nlb1'), [/^nlb.yaml:1:\d+: /]);
  t.match(problemsOf('- nlb1\n'), ['nlb.yaml:1:1: must be a map of settings']);
  t.match(problemsOf(''), ['nlb.yaml:1:1: must be a map of settings']);
});
