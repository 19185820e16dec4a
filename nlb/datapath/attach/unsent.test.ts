import { spawnSync } from 'node:child_process';
import { closeSync, readdirSync } from 'node:fs';
import t from 'tap';
import { linkInfo, openPinned, programName } from '../../kernel/bpf-link.ts';
import { monotonicNs } from '../../kernel/clock.ts';
import { findInterface } from '../../kernel/interfaces.ts';
import { enterPrivateNamespaces, run, until } from '../../kernel/private-namespaces.ts';
import { type Datapath, type DatapathOptions, openDatapath } from '../datapath.ts';
import { DATAGRAM, HOUR_NS, makeNode } from '../kit/node.ts';
import { holdLease, ifindexOf, options, pinDirectory, tables } from '../kit/rig.ts';
import type { Scope } from '../kit/send.ts';

enterPrivateNamespaces(import.meta.url);
const peers = makeNode(t);
t.afterEach(() => {
  for (const device of ['server', 'farm']) run(`ip link set ${device} up`);
});

/** A directory with a BPF file system of its own, which outlives a datapath. */
function mounted(t: Scope): string {
  const directory = pinDirectory(t);
  run(`mount -t bpf bpf ${directory}`);
  t.teardown(() => run(`umount ${directory}`));
  return directory;
}

/** With the tables of the rig, and a lease without end. */
function opened(directory: string, more: Partial<DatapathOptions>): Datapath {
  const datapath = openDatapath({ ...options(directory), first: tables(), ...more });
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  return datapath;
}

function open(t: Scope, mode: DatapathOptions['mode']): Datapath {
  const datapath = opened(pinDirectory(t), { mode });
  t.teardown(() => datapath.remove());
  return datapath;
}

const forwarded = (datapath: Datapath): number =>
  Number(datapath.outcomes().FORWARDED_NEW.packets + datapath.outcomes().FORWARDED_ESTABLISHED.packets);

/** How many did not leave. */
function unsent(datapath: Datapath): number {
  const counted = datapath.unsent?.() ?? { why: 'nobody counts it' };
  if ('why' in counted) throw new Error(counted.why);
  return Number(counted.packets);
}

/** Datagrams come in, and the data path has counted each as forwarded. */
async function forward(datapath: Datapath, count: number): Promise<void> {
  const before = forwarded(datapath);
  for (let sent = 0; sent < count; sent++) peers.send(DATAGRAM);
  await until(() => forwarded(datapath) === before + count, `${count} are counted as forwarded`);
}

async function forwardAndSend(datapath: Datapath, count: number): Promise<void> {
  await forward(datapath, count);
  for (let came = 0; came < count; came++) peers.next('server');
}

for (const mode of ['xdp', 'xdp-generic', 'tc'] as const) {
  t.test(
    `what is forwarded to an interface that is down is counted as not sent, and nothing else (${mode})`,
    async (t) => {
      const datapath = open(t, mode);
      await forwardAndSend(datapath, 5);
      t.equal(unsent(datapath), 0);
      run('ip link set server down');
      await forward(datapath, 7);
      await until(() => unsent(datapath) === 7, 'what was lost');
      run('ip link set server up');
      await forwardAndSend(datapath, 5);
      t.equal(unsent(datapath), 7);
    },
  );
}

for (const device of ['server', 'stacked'])
  t.test(`frames that a full queue refuses are counted as not sent, to ${device}`, async (t) => {
    run('ip link add stacked link server type macvlan mode bridge');
    t.teardown(() => run('ip link del stacked'));
    run('ip link set stacked up');
    const datapath = opened(pinDirectory(t), { mode: 'tc', serverInterfaces: [device] });
    t.teardown(() => datapath.remove());
    await forwardAndSend(datapath, 2);
    // Of one octet: every frame is too many.
    run('tc qdisc add dev server root bfifo limit 1');
    t.teardown(() => run('tc qdisc del dev server root'));
    await forward(datapath, 6);
    await until(() => unsent(datapath) === 6, 'what was lost');
  });

for (const mode of ['xdp', 'tc'] as const) {
  t.test(`frames to a link whose other end is down are counted as not sent (${mode})`, async (t) => {
    const datapath = open(t, mode);
    run('ip link set farm down');
    await until(() => findInterface('server')?.running === false, 'the carrier is lost');
    await forward(datapath, 40);
    await until(() => unsent(datapath) === 40, 'what was lost');
  });

  t.test(`counting goes on without a daemon, and the next daemon counts no frame twice (${mode})`, async (t) => {
    const directory = mounted(t);
    opened(directory, { mode }).abandon();
    const attached = linksIn(directory);
    run('ip link set server down');
    for (let sent = 0; sent < 3; sent++) peers.send(DATAGRAM);
    const next = opened(directory, { mode });
    t.equal(next.adopted, true);
    await until(() => unsent(next) === 3, 'what was lost with nobody at home');
    t.same(linksIn(directory), attached, 'the same programs');
    await forward(next, 2);
    await until(() => unsent(next) === 5, 'what was lost since');
    next.abandon();
    const larger = opened(directory, { mode, maxConnections: 2000 });
    t.equal(larger.adopted, false);
    await until(
      () => attached.every((id) => programName(id) === undefined),
      'those that count in other tables are gone',
    );
    await forward(larger, 2);
    await until(() => unsent(larger) === 2, 'with new tables from the beginning');
    await leavesNothing(t, larger, directory);
  });
}

/** Ids of the programs that listen. */
function linksIn(directory: string): number[] {
  return readdirSync(`${directory}/tracings`).map((name) => {
    const fd = openPinned(`${directory}/tracings/${name}`) ?? -1;
    const { programId } = linkInfo(fd);
    closeSync(fd);
    return programId;
  });
}

async function leavesNothing(t: Pick<Tap, 'ok' | 'same'>, datapath: Datapath, directory: string): Promise<void> {
  const programs = linksIn(directory);
  t.ok(programs.length > 0);
  datapath.remove();
  await until(() => programs.every((id) => programName(id) === undefined), 'the programs are gone');
  // The kernel itself puts the files with .debug there.
  t.same(
    readdirSync(directory).filter((name) => !name.endsWith('.debug')),
    [],
  );
}
type Tap = typeof t;

t.test('each mode has its own listeners, with one counter', async (t) => {
  const directory = mounted(t);
  const listeners = (): string[] =>
    readdirSync(`${directory}/tracings`)
      .map((name) => name.replace(/-.*/, ''))
      .sort();
  run('ip link set server down');
  for (const [lives, mode] of (['xdp', 'tc', 'xdp-generic'] as const).entries()) {
    const datapath = opened(directory, { mode });
    t.equal(datapath.mode, mode);
    const names = ['given_away_by_xdp', 'queue_stopped_to_xdp', 'refused_to_xdp'];
    t.same(listeners(), mode === 'tc' ? ['thrown_away_by_tc'] : names);
    await forward(datapath, 2);
    await until(() => unsent(datapath) === 2 * (lives + 1), `what was lost in ${mode}`);
    if (mode === 'xdp-generic') datapath.remove();
    else datapath.abandon();
  }
});

t.test('frames that others forward, or that are lost in another network namespace, are not counted', async (t) => {
  run('ip link add beside type veth peer name far');
  t.teardown(() => run('ip link del beside'));
  const beside = opened(pinDirectory(t), { mode: 'tc', accessInterfaces: ['beside'], serverInterfaces: ['far'] });
  t.teardown(() => beside.remove());
  const datapath = open(t, 'xdp');
  const script = `const { makeNode, DATAGRAM, HOUR_NS } = await import('${import.meta.resolve('../kit/node.ts')}');
    const { holdLease, ifindexOf, options, tables } = await import('${import.meta.resolve('../kit/rig.ts')}');
    const { openDatapath } = await import('${import.meta.resolve('../datapath.ts')}');
    const { monotonicNs } = await import('${import.meta.resolve('../../kernel/clock.ts')}');
    const { run, until } = await import('${import.meta.resolve('../../kernel/private-namespaces.ts')}');
    const peers = makeNode({ beforeEach() {} });
    const directory = '${mounted(t)}';
    const lost = [];
    for (const mode of ['xdp', 'tc']) {
      const datapath = openDatapath({ ...options(directory), mode, first: tables() });
      holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
      run('ip link set server down');
      for (let sent = 0; sent < 3; sent++) peers.send(DATAGRAM);
      await until(() => datapath.unsent().packets === 3n, 'what was lost');
      run('ip link set server up');
      datapath.remove();
    }
    console.log(ifindexOf('access'), ifindexOf('server'));
    process.exit();`;
  const words = ['--net', process.execPath, '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  t.equal(stdout.trim(), `${ifindexOf('access')} ${ifindexOf('server')}`, `the same numbers there ${stderr}`);
  t.equal(unsent(datapath), 0);
  run('ip link set server down');
  await forward(datapath, 3);
  await until(() => unsent(datapath) === 3, 'what was lost here');
  t.equal(unsent(beside), 0);
});

t.test('without the kernel’s BTF only this number is missing, with the reason', async (t) => {
  const types = '/sys/kernel/btf/vmlinux';
  run(`mount --bind /dev/null ${types}`);
  t.teardown(() => run(`umount ${types}`));
  for (const mode of ['xdp', 'tc'] as const) {
    const directory = mounted(t);
    const datapath = opened(directory, { mode });
    t.match(datapath.unsent?.(), { why: /The kernel refused to load BPF object \(.*unsent\.bpf\.o\): \w+$/ });
    await forwardAndSend(datapath, 2);
    t.same(linksIn(directory), []);
    datapath.remove();
  }
});
