import t from 'tap';
import { changeText, diffConfig } from './diff.ts';
import { keyChange } from './key-change.ts';
import { parseConfig } from './load.ts';

const text = `node: nlb1
primary: true
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10, 203.0.113.11]
servers:
  - { name: a, address: 10.77.2.21 }
  - { name: b, address: 10.77.2.22, weight: 3 }
services:
  - { name: http, address: 203.0.113.10, protocol: tcp, port: 80 }
  - { name: time, address: 203.0.113.11, protocol: udp, port: 123, servers: [a, b] }
log: { level: info }
`;
const config = parseConfig(text, 'nlb.yaml');

/** What a change of the text is, each with when it takes effect. */
function changeTexts(...edits: [from: string, to: string][]): string[] {
  const edited = edits.reduce((whole, [from, to]) => whole.replace(from, to), text);
  t.not(edited, text, 'the edit found its place');
  const changes = diffConfig(config, parseConfig(edited, 'nlb.yaml'));
  return changes.map((change) => `${changeText(change)} (${change.effective})`);
}

t.test('each change is described by its path, as it was and as it will be, and when it takes effect', async (t) => {
  const cases: [edits: [string, string][], changes: string[]][] = [
    [[['primary: true', 'primary: false']], ['~ primary: true → false (reload)']],
    [[['weight: 3', 'weight: 5']], ['~ servers[b].weight: 3 → 5 (reload)']],
    [[['weight: 3', 'weight: 1']], ['~ servers[b].weight: 3 → 1 (reload)']],
    [[['address: 10.77.2.21', 'address: 10.77.2.29']], ['~ servers[a].address: 10.77.2.21 → 10.77.2.29 (reload)']],
    [
      [['services:', '  - { name: c, address: 10.77.2.23 }\nservices:']],
      ['+ servers[c]: { name: c, address: 10.77.2.23, weight: 1, draining: false } (reload)'],
    ],
    [
      [[', 203.0.113.11]', ', 203.0.113.11, 203.0.113.12]']],
      ['+ clusterAddresses[203.0.113.12]: 203.0.113.12 (reload)'],
    ],
    [[['servers: [a, b]', 'servers: [b]']], ['- services[time].servers[a]: a (reload)']],
    [[[', servers: [a, b]', '']], ['- services[time].servers: [a, b] (reload)']],
    [
      [['port: 80', 'port: 80, check: { fall: 3 }']],
      [
        '+ services[http].check: { type: tcp, intervalMs: 500, timeoutMs: 300, rise: 2, fall: 3, onFailure: keep } (reload)',
      ],
    ],
    [
      [['name: http', 'name: web']],
      [
        '+ services[web]: { name: web, address: 203.0.113.10, protocol: tcp, port: 80 } (reload)',
        '- services[http]: { name: http, address: 203.0.113.10, protocol: tcp, port: 80 } (reload)',
      ],
    ],
    [[['level: info', 'level: debug']], ['~ log.level: info → debug (reload)']],
    [[['log:', 'scripts: { active: /bin/true }\nlog:']], ['+ scripts.active: /bin/true (reload)']],
    [[['node: nlb1', 'node: nlb3']], ['~ node: nlb1 → nlb3 (restart)']],
    [
      [['interface: access, address: 10.77.1.11', 'interface: eth1, address: 10.77.1.13']],
      ['~ access.interface: access → eth1 (restart)', '~ access.address: 10.77.1.11 → 10.77.1.13 (restart)'],
    ],
    [
      [['insecure: true', 'insecure: true, intervalMs: 11, port: 4695']],
      ['~ heartbeat.port: 4694 → 4695 (restart)', '~ heartbeat.intervalMs: 10 → 11 (restart)'],
    ],
    [[['log:', 'datapath: { mode: tc }\nlog:']], ['~ datapath.mode: auto → tc (restart)']],
    [
      [['log:', 'control: { socket: /run/other.sock }\nlog:']],
      ['~ control.socket: /run/nlb/nlbd.sock → /run/other.sock (restart)'],
    ],
    [
      [
        ['nlbs: 10.77.1.100', 'nlbs: 10.77.1.101'],
        ['weight: 3', 'weight: 4'],
      ],
      ['~ nlbs: 10.77.1.100 → 10.77.1.101 (restart)', '~ servers[b].weight: 3 → 4 (reload)'],
    ],
  ];
  for (const [edits, changes] of cases) t.same(changeTexts(...edits), changes);
});

t.test('the order of a list, and what is written out though it is the default, change nothing', async (t) => {
  const [first = '', second = ''] = text.split('\n').filter((line) => line.includes('10.77.2.2'));
  const swapped = text.replace(`${first}\n${second}`, `${second}\n${first}`).replace('[a, b]', '[b, a]');
  t.not(swapped, text);
  t.same(diffConfig(config, parseConfig(swapped, 'nlb.yaml')), []);
  t.same(diffConfig(config, parseConfig(text.replace('21 }', '21, weight: 1 }'), 'nlb.yaml')), []);
});

t.test('another key file, or another content of it, is taken up by a reload', async (t) => {
  const { heartbeat } = config;
  const keyed = (keyFile: string) => ({ ...config, heartbeat: { ...heartbeat, insecure: false, keyFile } });
  t.match(diffConfig(keyed('/a'), keyed('/b')), [
    { path: 'heartbeat.keyFile', from: '/a', to: '/b', effective: 'reload' },
  ]);
  const [one, two, three] = [1, 2, 3].map((fill) => Buffer.alloc(32, fill)) as [Buffer, Buffer, Buffer];
  const cases: [before: Buffer[], after: Buffer[], to: string | undefined][] = [
    [[one], [Buffer.from(one)], undefined],
    [[one], [one, two], 'two keys, signing with the same one'],
    [[one, two], [two, one], 'two keys, signing with the second one'],
    [[two, one], [two], 'one key, signing with the same one'],
    [[one, two], [three, one], 'two keys, signing with a new one: beats are refused until the peer has it too'],
    [[one], [two], 'one key, signing with a new one: beats are refused until the peer has it too'],
  ];
  for (const [before, after, to] of cases) t.equal(keyChange(before, after)[0]?.to, to);
});
