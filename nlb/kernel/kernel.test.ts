import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { openAddressEvents } from './address-events.ts';
import { addAddress, inBackground, listAddresses, removeAddress } from './addresses.ts';
import { openArp } from './arp.ts';
import { bootNs, monotonicNs, suspendedNs } from './clock.ts';
import { findInterface } from './interfaces.ts';
import { clockGettime, schedGetscheduler } from './libc.ts';
import { listNeighbours, probeNeighbour } from './neighbours.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from './private-namespaces.ts';
import { beRealTime, lockMemory } from './scheduling.ts';
import { SyscallError } from './syscall-error.ts';

enterPrivateNamespaces(import.meta.url);

/** The index of an interface that must exist. */
function ifindexOf(name: string): number {
  const ifindex = findInterface(name)?.ifindex;
  if (ifindex === undefined) throw new Error(`no interface ${name}`);
  return ifindex;
}

function failureOf(act: () => unknown): SyscallError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof SyscallError) return error;
    throw error;
  }
}

run('ip link add left address 02:00:00:00:00:01 type veth peer name right address 02:00:00:00:00:02');

t.test('the clock is CLOCK_MONOTONIC', async (t) => {
  const time = new BigInt64Array(2);
  const beforeNs = monotonicNs();
  clockGettime(1, time);
  const kernelNs = (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n);
  t.ok(beforeNs <= kernelNs && kernelNs <= monotonicNs());
});

t.test('the clock of boots is CLOCK_BOOTTIME, and what it is ahead by is one number', async (t) => {
  const time = new BigInt64Array(2);
  const beforeNs = bootNs();
  clockGettime(7, time);
  const kernelNs = (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n);
  t.ok(beforeNs <= kernelNs && kernelNs <= bootNs());
  suspendedNs();
  const aheadNs = Array.from({ length: 1000 }, suspendedNs);
  t.equal(new Set(aheadNs).size, 1, 'the same at each look');
});

t.test('a machine that was suspended is ahead by that time', async (t) => {
  const file = JSON.stringify(new URL('./clock.ts', import.meta.url).href);
  const source = `import(${file}).then(({ suspendedNs }) => console.log(String(suspendedNs())))`;
  // No test can suspend the machine; a time namespace has the same two clocks apart from the start.
  const words = ['--time', '--boottime', '1000', '--fork', process.execPath, '-e', source];
  const own = Number(suspendedNs()) / 1e9;
  const ahead = Number(execFileSync('unshare', words, { encoding: 'utf8' })) / 1e9;
  t.ok(Math.abs(ahead - own - 1000) < 0.001, `${ahead} s`);
});

t.test('an interface is found as it is', async (t) => {
  t.match(findInterface('left'), { name: 'left', mac: '02:00:00:00:00:01', up: false, running: false, mtu: 1500 });
  run('ip link set left up');
  t.match(findInterface('left'), { up: true, running: false }, 'its other end is down');
  run('ip link set right up');
  // The kernel spreads the news of a carrier a moment later.
  await until(() => findInterface('left')?.running === true, 'a carrier');
  t.equal(ifindexOf('left'), Number(run('ip -o link show left').split(':')[0]));
});

t.test('an interface that is not there is undefined, whatever the name', async (t) => {
  for (const name of ['nothing', '', 'a-name-that-is-too-long-for-a-device', 'ü']) {
    t.equal(findInterface(name), undefined, JSON.stringify(name));
  }
});

t.test('an address is added, seen, and removed, and both are idempotent', async (t) => {
  const alias = { ifindex: ifindexOf('left'), address: '10.9.0.100', prefixLength: 32, label: 'left:nlbs' };
  t.equal(addAddress(alias), 'added');
  t.equal(addAddress(alias), 'already');
  t.match(run('ip -o addr show left'), /inet 10\.9\.0\.100\/32 scope global left:nlbs/);
  t.has(listAddresses(), [alias]);
  t.equal(removeAddress({ ...alias, label: 'left:other' }), 'absent', 'the label counts where one is given');
  t.equal(removeAddress(alias), 'removed');
  t.equal(removeAddress(alias), 'absent');
  t.same(listAddresses(), []);
});

t.test('the same is done in the background, while the thread goes on', async (t) => {
  const alias = { ifindex: ifindexOf('left'), address: '10.9.0.101', prefixLength: 32, label: 'left:nlbs' };
  t.equal(await inBackground.add(alias), 'added');
  t.equal(await inBackground.add(alias), 'already');
  t.has(await inBackground.list(), [alias]);
  t.equal(await inBackground.remove(alias), 'removed');
  t.equal(await inBackground.remove(alias), 'absent');
  await t.rejects(inBackground.add({ ...alias, ifindex: 999 }), SyscallError);
});

t.test('the kernel tells of addresses that come and go, whoever has changed them', async (t) => {
  const events = openAddressEvents();
  t.teardown(events.close);
  t.same(events.take(), { events: [], overrun: false });
  run('ip addr add 10.9.0.102/24 dev left');
  run('ip addr del 10.9.0.102/24 dev left');
  const address = { ifindex: ifindexOf('left'), address: '10.9.0.102', prefixLength: 24, label: 'left' };
  t.same(events.take().events, [
    { change: 'added', address },
    { change: 'removed', address },
  ]);
});

t.test('who does not read for long learns that it missed something, and reads on', async (t) => {
  const events = openAddressEvents();
  t.teardown(events.close);
  const alias = { ifindex: ifindexOf('left'), address: '10.9.0.103', prefixLength: 32 };
  // More than the socket's buffer holds.
  for (let times = 0; times < 1000; times++) [addAddress(alias), removeAddress(alias)];
  let overrun = false;
  for (let seen = events.take(); seen.overrun || seen.events.length > 0; seen = events.take()) overrun ||= seen.overrun;
  t.ok(overrun);
  addAddress(alias);
  t.equal(events.take().events.length, 1);
  removeAddress(alias);
});

t.test('a refusal names operation, subject and errno', async (t) => {
  const nowhere = { ifindex: 999, address: '10.9.0.100', prefixLength: 32 };
  const added = failureOf(() => addAddress(nowhere));
  t.match(added, { operation: 'add address', subject: '10.9.0.100/32 on interface 999', errno: 'ENODEV' });
  t.equal(added?.message, 'The kernel refused to add address (10.9.0.100/32 on interface 999): ENODEV');
  const opened = failureOf(() => openArp(999));
  t.match(opened, { operation: 'bind a packet socket', subject: 'interface 999', errno: 'ENODEV' });
});

t.test('announcements and questions are heard at the other end as they were sent', async (t) => {
  const [left, right] = [openArp(ifindexOf('left')), openArp(ifindexOf('right'))];
  t.teardown(() => {
    for (const socket of [left, right]) socket.close();
  });
  left.announce('10.9.0.100', '02:00:00:00:00:01', 2);
  left.ask('10.9.0.7', '10.9.0.1', '02:00:00:00:00:01');
  const frame = { operation: 'request', targetMac: '00:00:00:00:00:00', senderMac: '02:00:00:00:00:01' };
  const announcement = { ...frame, sourceMac: frame.senderMac, senderIp: '10.9.0.100', targetIp: '10.9.0.100' };
  t.same(right.receive(), [
    announcement,
    announcement,
    { ...announcement, senderIp: '10.9.0.1', targetIp: '10.9.0.7' },
  ]);
  t.same(right.receive(), [], 'drained');
  t.same(left.receive(), [], 'one does not hear oneself');
});

t.test('a neighbour is probed: unknown, then answering, then silent', async (t) => {
  const other = await openNamespace();
  t.teardown(other.close);
  run(`ip link set right netns ${other.pid}`);
  other.run('ip link set right up');
  other.run('ip addr add 10.9.0.2/24 dev right');
  run('ip addr add 10.9.0.1/24 dev left');
  const left = ifindexOf('left');
  const found = (address: string) => listNeighbours(left).find((neighbour) => neighbour.address === address);

  probeNeighbour(left, '10.9.0.2');
  await until(() => found('10.9.0.2')?.state === 'REACHABLE', 'reachable');
  t.match(found('10.9.0.2'), { address: '10.9.0.2', mac: '02:00:00:00:00:02', state: 'REACHABLE' });
  const { confirmedMs = -1 } = found('10.9.0.2') ?? {};
  t.ok(confirmedMs >= 0 && confirmedMs < 5000, `just now: ${confirmedMs} ms ago`);

  other.run('ip link set right address 02:00:00:00:00:03');
  probeNeighbour(left, '10.9.0.2');
  t.equal(found('10.9.0.2')?.state, 'PROBE', 'known: asked by unicast');
  await until(() => found('10.9.0.2')?.state === 'FAILED', 'failed');
  probeNeighbour(left, '10.9.0.2');
  await until(() => found('10.9.0.2')?.mac === '02:00:00:00:00:03', 'the new hardware address');
});

t.test('this thread alone becomes real-time', async (t) => {
  t.same(beRealTime(10), { granted: true });
  t.equal(schedGetscheduler(0) & 0xff, 1, 'SCHED_FIFO');
  t.equal(schedGetscheduler(process.ppid), 0, 'not our parent');
  t.same(beRealTime(100), { granted: false, why: 'EINVAL' }, 'there is no priority 100');
});

t.test('code is locked in memory, and threads may still end', async (t) => {
  const lockedKb = () => Number(/VmLck:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  const beforeKb = lockedKb();
  t.same(lockMemory(), { granted: true });
  t.ok(lockedKb() > beforeKb + 50_000, `${lockedKb()} kB locked, more than the text of Node`);
  const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true });
  const [code] = await once(worker, 'exit');
  t.equal(code, 0);
});
