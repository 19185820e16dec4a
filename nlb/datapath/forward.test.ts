import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { linkInfo, pin, programName } from '../kernel/bpf-link.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from '../kernel/private-namespaces.ts';
import { filterProgram } from '../kernel/tc-filter.ts';
import { attachFilter, FILTER } from './attach/attach.ts';
import { openPins, type Pins } from './attach/pins.ts';
import { type Datapath, openDatapath } from './datapath.ts';
import {
  CLUSTER,
  holdLease,
  ifindexOf,
  MAC,
  makeInterfaces,
  NLBS,
  options,
  pinDirectory,
  programsOf,
  tables,
} from './kit/rig.ts';

/** Real datagrams through three network namespaces: router, load balancer (this process), server. */
enterPrivateNamespaces(import.meta.url);
makeInterfaces();
run(`ip addr add ${NLBS}/24 dev access`);
const [router, farm] = [await openNamespace(), await openNamespace()];

run(`ip link set router netns ${router.pid}`);
router.run('ip addr add 10.77.1.1/24 dev router');
router.run('ip link set router up');
router.run(`ip route add ${CLUSTER} via ${NLBS}`);
// A frame whose checksum the driver was to fill in must not be redirected by XDP.
router.run('ethtool -K router tx off');

run(`ip link set farm netns ${farm.pid}`);
farm.run('ip link set lo up');
farm.run(`ip link set farm address ${MAC.server0}`);
farm.run(`ip addr add ${CLUSTER}/32 dev lo`);
farm.run('ip link set farm up');
farm.run('ip route add default dev farm');
// What XDP redirects into a veth is only received where the other end runs NAPI, which GRO switches on.
farm.run('ethtool -K farm gro on');

/** Ends when this process does, because its input is a pipe from here. */
const LISTEN = `require('node:dgram').createSocket('udp4').on('message', (text, from) =>
  console.log(from.address + ' ' + text)).bind(53, '${CLUSTER}', () => console.log('listening'));
  process.stdin.on('end', () => process.exit()).resume()`;
const SEND = `const socket = require('node:dgram').createSocket('udp4');
  socket.bind(4000, () => socket.send(process.argv[1], 53, '${CLUSTER}', () => socket.close()))`;

const received: string[] = [];
const [program = '', ...words] = [...farm.enter, process.execPath, '-e', LISTEN];
const listener: ChildProcess = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
listener.stdout?.on('data', (data) => received.push(...String(data).trim().split('\n')));
await until(() => received.includes('listening'), 'the server listens');

t.teardown(() => {
  listener.kill();
  router.close();
  farm.close();
});

function send(text: string): void {
  const [program = '', ...words] = [...router.enter, process.execPath, '-e', SEND, text];
  spawn(program, words, { stdio: 'inherit' });
}

/** Ids of the programs that are attached by links, whose pins are here. */
function attachedPrograms(pins: Pins): number[] {
  return pins.links().map((link) => {
    const fd = pins.openLink(link) ?? -1;
    const { programId } = linkInfo(fd);
    closeSync(fd);
    return programId;
  });
}

/** A program lives as long as it is attached, pinned or open anywhere; the kernel takes a moment to let it go. */
async function removesAll(t: Asserts, datapath: Datapath, programs: number[]): Promise<void> {
  t.same(
    programs.map(programName),
    programs.map(() => (datapath.mode === 'tc' ? 'onevip_tc' : 'onevip_xdp')),
  );
  datapath.remove();
  await until(() => programs.every((id) => programName(id) === undefined), 'the programs are gone');
}

type Asserts = Pick<typeof t, 'match' | 'notOk' | 'same'>;

async function forwards(t: Asserts, datapath: Datapath, mode: string): Promise<void> {
  holdLease(datapath.leaseFd, monotonicNs() + 60_000_000_000n);
  send(`first by ${mode}`);
  await until(() => received.includes(`10.77.1.1 first by ${mode}`), `the first datagram by ${mode}`);
  send(`second by ${mode}`);
  await until(() => received.includes(`10.77.1.1 second by ${mode}`), `the second datagram by ${mode}`);
  t.match(datapath.outcomes(), { FORWARDED_NEW: { packets: 1n }, FORWARDED_ESTABLISHED: { packets: 1n } });

  holdLease(datapath.leaseFd, monotonicNs());
  send(`too late by ${mode}`);
  await until(() => datapath.outcomes().DROPPED_NO_LEASE.packets > 0n, 'the third datagram');
  t.notOk(received.includes(`10.77.1.1 too late by ${mode}`), 'nothing is forwarded once the lease is over');
}

for (const mode of ['xdp', 'xdp-generic', 'tc'] as const) {
  t.test(`a datagram reaches the server by ${mode}`, async (t) => {
    const directory = pinDirectory(t);
    const datapath = openDatapath({ ...options(directory), mode, first: tables() });
    t.equal(datapath.mode, mode);
    await forwards(t, datapath, mode);
    await removesAll(t, datapath, attachedPrograms(openPins(directory)));
  });
}

t.test('a datagram reaches the server by user space, also one whose checksum the driver was to fill in', async (t) => {
  const datapath = openDatapath({ ...options(pinDirectory(t)), mode: 'userspace', first: tables() });
  t.teardown(() => datapath.remove());
  await forwards(t, datapath, 'user space');
  holdLease(datapath.leaseFd, monotonicNs() + 60_000_000_000n);
  router.run('ethtool -K router tx on');
  t.teardown(() => router.run('ethtool -K router tx off'));
  send('with half a checksum');
  await until(() => received.includes('10.77.1.1 with half a checksum'), 'the datagram with half a checksum');
});

t.test('a datagram reaches the server by a classic tc filter, for kernels without tcx', async (t) => {
  const directory = pinDirectory(t);
  const datapath = openDatapath({ ...options(directory), mode: 'tc', first: tables() });
  const pins = openPins(directory);
  for (const link of pins.links()) pins.dropLink(link);
  for (const device of ['access', 'server']) attachFilter(pins, ifindexOf(device), programsOf(datapath).tc());
  t.match(run('tc filter show dev access ingress'), /onevip_tc/);
  await forwards(t, datapath, 'classic tc');
  const filters = ['access', 'server'].map(
    (device) => filterProgram({ ...FILTER, ifindex: ifindexOf(device) })?.id ?? 0,
  );
  await removesAll(t, datapath, filters);
  t.notMatch(run('tc qdisc show dev access'), /clsact/, 'the qdisc that it made is gone');
});

t.test('a foreign filter with our handle and priority is named and left alone', async (t) => {
  const directory = pinDirectory(t);
  const datapath = openDatapath({ ...options(directory), mode: 'tc', first: tables() });
  t.teardown(() => datapath.remove());
  run('tc qdisc add dev access clsact');
  t.teardown(() => run('tc qdisc del dev access clsact'));
  const bytecode = t.testdir({ program: '1,6 0 0 0' });
  const hook = `dev access ingress protocol all pref ${FILTER.priority}`;
  run(`tc filter add ${hook} handle ${FILTER.handle} bpf bytecode-file ${join(bytecode, 'program')}`);
  const before = run('tc filter show dev access ingress');
  const attachOurs = () => attachFilter(openPins(directory), ifindexOf('access'), programsOf(datapath).tc());
  t.throws(attachOurs, /has a filter of somebody else at priority 1171/);
  t.equal(run('tc filter show dev access ingress'), before);
  t.match(before, /bytecode/, 'it is there');
});

t.test('a foreign program in our filter is named and left alone', async (t) => {
  const directory = pinDirectory(t);
  const datapath = openDatapath({ ...options(directory), mode: 'xdp', first: tables() });
  t.teardown(() => datapath.remove());
  const { tc } = programsOf(datapath);
  run('tc qdisc add dev access clsact');
  t.teardown(() => run('tc qdisc del dev access clsact'));
  const pinned = join(directory, 'theirs');
  pin(tc(), pinned);
  const hook = `dev access ingress protocol all pref ${FILTER.priority}`;
  run(`tc filter add ${hook} handle ${FILTER.handle} bpf direct-action object-pinned ${pinned}`);
  rmSync(pinned);
  t.throws(
    () => attachFilter(openPins(directory), ifindexOf('access'), tc()),
    /interface \d+ runs a BPF program that is not ours: theirs \(id \d+\)/,
  );
});

t.test('a daemon killed with SIGKILL leaves traffic flowing, and the next one adopts it', async (t) => {
  const directory = pinDirectory(t);
  run(`mount -t bpf bpf ${directory}`);
  t.teardown(() => run(`umount ${directory}`));
  const [datapathUrl, rigUrl] = ['./datapath.ts', './kit/rig.ts'].map((file) => import.meta.resolve(file));
  const life = `const { openDatapath } = await import('${datapathUrl}');
    const { options, pinDirectory, tables } = await import('${rigUrl}');
    openDatapath({ ...options('${directory}'), first: tables() });
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', life], { stdio: 'inherit' });
  const signal = await new Promise((resolve) => child.on('exit', (_code, name) => resolve(name)));
  t.equal(signal, 'SIGKILL');

  holdLease(openPins(directory).openMap('lease') ?? -1, monotonicNs() + 60_000_000_000n);
  send('with nobody at home');
  await until(() => received.includes('10.77.1.1 with nobody at home'), 'a datagram without a daemon');

  const datapath = openDatapath(options(directory));
  t.match(datapath, { adopted: true, mode: 'xdp' });
  t.same(datapath.actual(), tables());
  t.same(datapath.apply(tables()), [], 'nothing to change');
  send('to the next life');
  await until(() => received.includes('10.77.1.1 to the next life'), 'a datagram after the restart');
  t.match(datapath.outcomes(), { FORWARDED_NEW: { packets: 1n }, FORWARDED_ESTABLISHED: { packets: 1n } });
  await removesAll(t, datapath, attachedPrograms(openPins(directory)));
});
