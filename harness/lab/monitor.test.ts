import { execFileSync } from 'node:child_process';
import t from 'tap';
import { realtimeMinusMonotonicNs } from '../capture/clock.ts';
import { makeLab, unmakeLab } from '../driver/netns.ts';
import { thisProcess } from '../driver/registry.ts';
import { loadPlan } from '../topology/load.ts';
import { Lab } from './lab.ts';
import { type Monitored, parseMonitorLine, startMonitor } from './monitor.ts';
import { netlinkSockets } from './netlink-sockets.ts';

const AT = '[2026-11-23T03:56:21.329654]';
const realtimeNs = BigInt(Date.UTC(2026, 10, 23, 3, 56, 21)) * 1_000_000n + 329_654_000n;

t.test('a line is an address or a neighbour that changed, at its instant', async (t) => {
  const address = { kind: 'address', realtimeNs, device: 'access' };
  const neighbour = { kind: 'neighbour', realtimeNs, device: 'access', address: '10.77.1.100' };
  const mac = '02:00:03:00:01:11';
  const table: [line: string, expected: object][] = [
    [
      '7: access    inet 10.77.1.11/24 scope global access\\       valid_lft forever preferred_lft forever',
      { ...address, address: '10.77.1.11/24', change: 'added' },
    ],
    [
      '7: access    inet 10.77.1.100/32 scope global access:nlbs\\       valid_lft forever preferred_lft forever',
      { ...address, address: '10.77.1.100/32', label: 'access:nlbs', change: 'added' },
    ],
    [
      'Deleted 7: access    inet 10.77.1.100/32 scope global access:nlbs\\       valid_lft forever preferred_lft forever',
      { ...address, address: '10.77.1.100/32', label: 'access:nlbs', change: 'removed' },
    ],
    [
      'Deleted 7: access    inet 10.77.1.12/24 brd 10.77.1.255 scope global secondary access\\       valid_lft forever',
      { ...address, address: '10.77.1.12/24', change: 'removed' },
    ],
    [
      '3: vrrp.52    inet 10.77.1.1/32 scope global deprecated noprefixroute vrrp.52\\       valid_lft forever',
      { ...address, device: 'vrrp.52', address: '10.77.1.1/32', change: 'added' },
    ],
    [
      '1: lo    inet 203.0.113.10/32 scope host lo\\    ',
      { ...address, device: 'lo', address: '203.0.113.10/32', change: 'added' },
    ],
    [`10.77.1.100 dev access lladdr ${mac} REACHABLE`, { ...neighbour, mac, state: 'REACHABLE' }],
    [`10.77.1.100 dev access lladdr ${mac} router proxy STALE`, { ...neighbour, mac, state: 'STALE' }],
    ['10.77.1.100 dev access FAILED', { ...neighbour, state: 'FAILED' }],
    ['10.77.1.100 dev access INCOMPLETE', { ...neighbour, state: 'INCOMPLETE' }],
    [`Deleted 10.77.1.100 dev access lladdr ${mac} STALE`, { ...neighbour, mac, state: 'REMOVED' }],
    ['Deleted 10.77.1.100 dev access FAILED', { ...neighbour, state: 'REMOVED' }],
  ];
  for (const [line, expected] of table) t.strictSame(parseMonitorLine(`${AT} ${line}`), expected, line);
});

t.test('what is neither is none, and so is IPv6', async (t) => {
  const table = [
    '7: access    inet6 fe80::1/64 scope link \\       valid_lft forever preferred_lft forever',
    'Deleted 7: access    inet6 2001:db8::1/64 scope global \\       valid_lft forever preferred_lft forever',
    'fe80::2 dev access lladdr 02:00:03:00:01:11 router STALE',
    'Deleted 2001:db8::2 dev access lladdr 02:00:03:00:01:11 STALE',
    'default via 10.77.1.1 dev access',
    '',
  ];
  for (const line of table) t.equal(parseMonitorLine(`${AT} ${line}`), undefined, line);
  t.equal(parseMonitorLine('10.77.1.100 dev access FAILED'), undefined, 'a line without an instant');
  t.equal(parseMonitorLine(''), undefined);
});

t.test('the instant is read with or without a fraction', async (t) => {
  const at = (stamp: string) => parseMonitorLine(`[${stamp}] 10.77.1.100 dev access FAILED`)?.realtimeNs;
  t.equal(at('1970-01-01T00:00:01.000001'), 1_000_001_000n);
  t.equal(at('1970-01-01T00:00:01'), 1_000_000_000n);
});

const skip = process.getuid?.() === 0 ? false : 'a lab needs root';
const STATE = {
  name: `monitor-test-${process.pid}`,
  system: 'nlb',
  driver: 'netns' as const,
  plan: loadPlan('invention', { servers: 1 }),
  madeAt: new Date().toISOString(),
  owner: thisProcess(),
};

t.test('a real monitor hands on, by the fence, every change that was made before it, in order', { skip }, async (t) => {
  await makeLab(STATE);
  t.teardown(() => unmakeLab(STATE));
  const node = new Lab(STATE).node('nlb1');
  const seen: Monitored[] = [];
  const monitor = await startMonitor(node, (event) => seen.push(event));
  const change = (words: string) => execFileSync('ip', ['-n', node.home.handle.network, ...words.split(' ')]);
  const nowNs = () => process.hrtime.bigint() + realtimeMinusMonotonicNs();

  const beforeNs = nowNs();
  change('address add 10.77.1.100/32 dev access label access:nlbs');
  change('neigh replace 10.77.1.2 lladdr 02:00:00:00:00:01 dev access');
  change('neigh replace 10.77.1.2 lladdr 02:00:00:00:00:02 dev access');
  change('address del 10.77.1.100/32 dev access');
  const afterNs = nowNs();
  await monitor.fence();

  const told = seen.map((event) =>
    event.kind === 'address' ? `${event.change} ${event.address} ${event.label}` : `${event.address} ${event.mac}`,
  );
  t.same(told, [
    'added 10.77.1.100/32 access:nlbs',
    '10.77.1.2 02:00:00:00:00:01',
    '10.77.1.2 02:00:00:00:00:02',
    'removed 10.77.1.100/32 access:nlbs',
  ]);
  // The reader's stamp comes after the change, sometimes long after it on a busy machine; its clock reads microseconds.
  const [first] = seen;
  t.ok(first && first.realtimeNs >= beforeNs - 1000n, 'not before the change');
  t.ok(first && first.realtimeNs <= afterNs + 2_000_000_000n, `${afterNs}`);

  t.equal(monitor.missed(), 0);
  await monitor.fence();
  t.equal(seen.length, 4, 'the fences themselves are not handed on');
  await monitor.stop();
  change('address add 10.77.1.101/32 dev access');
  t.equal(seen.length, 4);
  t.same(node.processes(), [], 'what watches a node is no part of it');
});

/** More than a socket's buffer takes: ip asks for a megabyte, the kernel doubles that, and each message takes 768 octets or more. */
const MANY = 5000;
/** It has all that to read first, on a machine that does other work. */
const CAUGHT_UP_MS = 20_000;

t.test('what a reader that was held up has not been told is counted', { skip }, async (t) => {
  await makeLab(STATE);
  t.teardown(() => unmakeLab(STATE));
  const node = new Lab(STATE).node('nlb1');
  let seen = 0;
  const monitor = await startMonitor(node, () => {
    seen += 1;
  });
  const [reader] = node.inside(netlinkSockets).filter(({ groups }) => groups !== 0);
  process.kill(reader?.port ?? 0, 'SIGSTOP');
  const entry = (number: number) => `10.77.1.${2 + (number % 9)} lladdr 02:00:00:00:00:01 dev access`;
  const lines = Array.from(
    { length: MANY / 2 },
    (_, number) => `neigh replace ${entry(number)}\nneigh del ${entry(number)}`,
  );
  const done = await node.runBeside(['ip', '-batch', '-'], `${lines.join('\n')}\n`);
  t.equal(done.exitCode, 0, done.stderr);
  process.kill(reader?.port ?? 0, 'SIGCONT');

  await monitor.fence(CAUGHT_UP_MS);
  const missed = monitor.missed();
  t.ok(missed > 0, `${missed} of ${MANY} missed, ${seen} seen`);
  const ended = missed === 1;
  t.ok(ended || seen + missed >= MANY, ended ? 'ip was ended by it' : 'and every other one was handed on');
  await monitor.stop();
});
