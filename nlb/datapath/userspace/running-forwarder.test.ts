import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import t from 'tap';
import { xdpProgramOn } from '../../kernel/bpf-link.ts';
import { monotonicNs } from '../../kernel/clock.ts';
import { enterPrivateNamespaces, run, until } from '../../kernel/private-namespaces.ts';
import { lives } from '../../kernel/process-identity.ts';
import { openDatapath } from '../datapath.ts';
import { DATAGRAM, FORWARDED, forwarderIn, HOUR_NS, makeNode, open } from '../kit/node.ts';
import { holdLease, ifindexOf, options, pinDirectory, tables } from '../kit/rig.ts';
import { openPinnedLease } from '../tables/lease.ts';
import { directoryFor, filterNameFor } from './directory.ts';

enterPrivateNamespaces(import.meta.url);
const peers = makeNode(t);

t.test('a daemon killed with SIGKILL leaves frames flowing, and the next one adopts them', async (t) => {
  const directory = pinDirectory(t);
  const [datapathUrl, rigUrl] = ['../datapath.ts', '../kit/rig.ts'].map((file) => import.meta.resolve(file));
  const life = `const { openDatapath } = await import('${datapathUrl}');
    const { options, tables } = await import('${rigUrl}');
    openDatapath({ ...options('${directory}'), mode: 'userspace', first: tables() });
    process.kill(process.pid, 'SIGKILL');`;
  t.equal(spawnSync(process.execPath, ['--input-type=module', '-e', life], { stdio: 'inherit' }).signal, 'SIGKILL');

  const lease = openPinnedLease(directory);
  lease?.set(monotonicNs() + HOUR_NS, monotonicNs() + HOUR_NS);
  peers.send(DATAGRAM);
  t.equal(peers.next('server').toString('hex'), FORWARDED);

  const datapath = openDatapath({ ...options(directory), first: { ...tables(), servers: [], services: [] } });
  t.teardown(() => datapath.remove());
  t.match(datapath, { mode: 'userspace', adopted: true }, 'which automatic choice keeps');
  t.same(datapath.actual(), tables());
  t.same(datapath.apply(tables()), []);
  t.equal(datapath.connectionCount(), 1);
  peers.send(DATAGRAM);
  peers.next('server');
  t.match(datapath.outcomes(), { FORWARDED_NEW: { packets: 1n }, FORWARDED_ESTABLISHED: { packets: 1n } });
});

t.test('the forwarder has real-time priority', async (t) => {
  const directory = pinDirectory(t);
  open(t, directory);
  const stat = readFileSync(`/proc/${forwarderIn(directory).pid}/stat`, 'utf8');
  // proc_pid_stat(5): rt_priority and policy, the 40th and 41st field; the second may hold blanks. 1 is SCHED_FIFO.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  t.same(fields.slice(37, 39), ['1', '1']);
});

t.test('removal leaves nothing', async (t) => {
  const directory = pinDirectory(t);
  const datapath = openDatapath({ ...options(directory), mode: 'userspace', first: tables() });
  const forwarder = forwarderIn(directory);
  t.ok(lives(forwarder));
  t.match(run('nft list ruleset'), /table netdev nlb_/);
  datapath.remove();
  t.notOk(lives(forwarder));
  t.equal(run('nft list ruleset'), '');
  t.notOk(existsSync(directoryFor(directory)));
  const left = readdirSync(dirname(directory)).filter((name) => name.startsWith(basename(directory)));
  t.same(left, [basename(directory)]);
});

t.test('a forwarder that dies is started again with the current tables, and that is an event', async (t) => {
  const directory = pinDirectory(t);
  const problems: string[] = [];
  const datapath = openDatapath({ ...options(directory), mode: 'userspace', problem: (text) => problems.push(text) });
  t.teardown(() => datapath.remove());
  datapath.apply(tables());
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  const first = forwarderIn(directory);
  process.kill(first.pid, 'SIGKILL');
  await until(() => problems.length > 0 && forwarderIn(directory).pid !== first.pid, 'another forwarder');
  t.match(problems, [/The forwarder has died/]);
  const changed = tables();
  changed.servers.pop();
  t.match(datapath.apply(changed), [{ table: 'servers', change: 'removed', subject: '1' }]);
  peers.send(DATAGRAM);
  t.equal(peers.next('server').toString('hex'), FORWARDED);
});

t.test('one mode replaces the other, and the lease goes on', async (t) => {
  const directory = pinDirectory(t);
  run(`mount -t bpf bpf ${directory}`);
  t.teardown(() => run(`umount ${directory}`));
  const modes = ['userspace', 'tc', 'userspace', 'xdp'] as const;
  let untilNs = 0n;
  for (const mode of modes) {
    const datapath = openDatapath({ ...options(directory), mode, first: tables() });
    t.match(datapath, { mode, adopted: false });
    const lease = openPinnedLease(directory);
    t.equal(lease?.get().forwardUntilNs, untilNs, mode);
    lease?.close();
    untilNs = monotonicNs() + HOUR_NS;
    holdLease(datapath.leaseFd, untilNs);
    t.equal(existsSync(directoryFor(directory)), mode === 'userspace');
    t.equal(xdpProgramOn(ifindexOf('access')) !== undefined, mode === 'xdp');
    t.equal(run('nft list ruleset') !== '', mode === 'userspace');
    peers.send(DATAGRAM);
    t.equal(peers.next('server').toString('hex'), FORWARDED, mode);
    if (mode === 'xdp') datapath.remove();
    else datapath.abandon();
  }
});

t.test('where the kernel takes no BPF program, automatic choice is user space, and that is an event', async (t) => {
  const directory = pinDirectory(t);
  const [datapathUrl, rigUrl] = ['../datapath.ts', '../kit/rig.ts'].map((file) => import.meta.resolve(file));
  const life = `const { openDatapath } = await import('${datapathUrl}');
    const { options, tables } = await import('${rigUrl}');
    const problems = [];
    const more = { first: tables(), problem: (text) => problems.push(text) };
    const datapath = openDatapath({ ...options('${directory}'), ...more });
    console.log(JSON.stringify([datapath.mode, problems]));
    datapath.remove();`;
  const words = ['--bounding-set', '-bpf,-sys_admin,-perfmon', process.execPath, '--input-type=module', '-e', life];
  const { stdout, stderr } = spawnSync('setpriv', words, { encoding: 'utf8' });
  t.equal(stderr, '');
  t.match(JSON.parse(stdout || 'null'), ['userspace', [/The data path is in user space.*EPERM/]]);
});

t.test('a forwarder whose directory is removed ends', async (t) => {
  const directory = pinDirectory(t);
  const datapath = open(t, directory);
  const forwarder = forwarderIn(directory);
  datapath.abandon();
  rmSync(directoryFor(directory), { recursive: true });
  await until(() => !lives(forwarder), 'it ends');
  run(`nft delete table netdev ${filterNameFor(directoryFor(directory))}`);
});

t.test('a failed start says why, and leaves nothing', async (t) => {
  const directory = pinDirectory(t);
  const wrong = { ...options(directory), mode: 'userspace' as const };
  t.throws(() => openDatapath({ ...wrong, first: { ...tables(), clusterAddresses: [] } }), /is at no cluster address/);
  const path = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = path;
  });
  process.env.PATH = '/nowhere';
  t.throws(() => openDatapath({ ...wrong, first: tables() }), /nftables cannot be run/);
  process.env.PATH = path;
  t.notOk(existsSync(directoryFor(directory)));
  t.equal(run('nft list ruleset'), '');
});
