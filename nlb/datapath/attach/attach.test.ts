import { readdirSync, renameSync, statfsSync } from 'node:fs';
import t from 'tap';
import { programName, xdpProgramOn } from '../../kernel/bpf-link.ts';
import { enterPrivateNamespaces, run } from '../../kernel/private-namespaces.ts';
import { openDatapath } from '../datapath.ts';
import { ifindexOf, makeInterfaces, options, pinDirectory, tables } from '../kit/rig.ts';
import { openEmpty as open, type Scope } from '../kit/send.ts';
import { openLease, openPinnedLease } from '../tables/lease.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

/** A directory with a BPF file system of its own, which outlives a datapath. */
function mounted(t: Scope): string {
  const directory = pinDirectory(t);
  run(`mount -t bpf bpf ${directory}`);
  t.teardown(() => run(`umount ${directory}`));
  return directory;
}

t.test('a foreign program is named and left alone', async (t) => {
  const theirs = open(t, 'xdp-generic');
  const before = xdpProgramOn(ifindexOf('access'));
  t.ok(before);
  for (const mode of ['auto', 'xdp', 'xdp-generic'] as const) {
    t.throws(
      () => open(t, mode),
      new RegExp(`server runs a BPF program that is not ours: onevip_xdp \\(id ${before}\\)`),
      mode,
    );
  }
  t.equal(xdpProgramOn(ifindexOf('access')), before);
  t.equal(theirs.mode, 'xdp-generic');
});

t.test('an interface that is a member of another one is refused, with the kind of that one', async (t) => {
  run('ip link add onto type bridge');
  run('ip link set access master onto');
  t.teardown(() => run('ip link del onto'));
  t.throws(
    () => openDatapath(options(pinDirectory(t))),
    /access is part of a bridge, which gets its packets: configure the bridge instead/,
  );
});

t.test('each mode replaces another one, with the same tables', async (t) => {
  const directory = mounted(t);
  let adopted = false;
  for (const mode of ['xdp', 'xdp-generic', 'tc', 'xdp'] as const) {
    const datapath = openDatapath({ ...options(directory), mode, first: tables() });
    t.match(datapath, { mode, adopted });
    t.equal(programName(xdpProgramOn(ifindexOf('access')) ?? 0), mode === 'tc' ? undefined : 'onevip_xdp');
    t.equal(readdirSync(`${directory}/links`).length, 2);
    datapath.abandon();
    adopted = true;
  }
  const last = openDatapath(options(directory));
  t.match(last, { mode: 'xdp', adopted: true });
  last.remove();
  t.equal(xdpProgramOn(ifindexOf('access')), undefined, 'detached when remove() returns');
  // The kernel itself puts the files with .debug there.
  t.same(
    readdirSync(directory).filter((name) => !name.endsWith('.debug')),
    [],
  );
});

t.test('tables that are adopted stay as they are until something is applied', async (t) => {
  const directory = mounted(t);
  openDatapath({ ...options(directory), first: tables() }).abandon();
  const next = openDatapath({ ...options(directory), first: { ...tables(), servers: [], services: [] } });
  t.same(next.actual(), tables());
  next.remove();
});

t.test('automatic choice keeps the mode of the earlier run', async (t) => {
  const directory = mounted(t);
  openDatapath({ ...options(directory), mode: 'tc' }).abandon();
  const next = openDatapath(options(directory));
  t.equal(next.mode, 'tc');
  next.remove();
});

t.test('a later run goes on with the rows and slots that it finds, and writes only what differs', async (t) => {
  const directory = mounted(t);
  const [dns, web] = tables().services;
  if (!dns || !web) throw new Error('the rig has two services');
  const pooled = (pool: string) => {
    const slots = new Int32Array(65_537).map((_, slot) => slot % 2);
    return { ...tables(), services: [{ ...dns, pool, slots }, { ...dns, port: 54, pool, slots }, web] };
  };
  openDatapath({ ...options(directory), first: pooled('names') }).abandon();
  const next = openDatapath({ ...options(directory), first: tables() });
  t.teardown(() => next.remove());
  t.ok(next.adopted);
  t.same(next.apply(pooled('names')), []);
  t.same(next.apply(pooled('dns')), [], 'whatever pools are called');
});

t.test('tables of another version, with other names, are replaced, and that is an event', async (t) => {
  const directory = mounted(t);
  openDatapath({ ...options(directory), first: tables() }).abandon();
  renameSync(`${directory}/maps/flows`, `${directory}/maps/half_open`);
  const problems: string[] = [];
  const next = openDatapath({ ...options(directory), first: tables(), problem: (text) => problems.push(text) });
  t.equal(next.adopted, false);
  t.match(problems, [/^Pinned tables of another version are replaced/]);
  t.same(next.actual(), tables());
  t.notOk(readdirSync(`${directory}/maps`).includes('half_open'), 'nothing is left of them');
  next.remove();
});

t.test('tables of another size are not adopted, but their links are', async (t) => {
  const directory = mounted(t);
  t.equal(openPinnedLease(directory), undefined, 'there is none yet');
  openDatapath({ ...options(directory), first: tables() }).abandon();
  const left = openPinnedLease(directory);
  t.teardown(() => left?.close());
  left?.set(123n, 456n);
  const links = readdirSync(`${directory}/links`);
  const next = openDatapath({ ...options(directory), maxConnections: 2000, first: tables() });
  t.equal(next.adopted, false);
  const lease = openLease(next.leaseFd);
  t.teardown(() => lease.close());
  t.same(lease.get(), { answerUntilNs: 123n, forwardUntilNs: 456n }, 'the lease goes on');
  t.same(readdirSync(`${directory}/links`), links);
  t.same(next.actual(), tables());
  next.remove();
});

t.test('the program is detached from an interface that is no longer configured', async (t) => {
  const directory = mounted(t);
  openDatapath({ ...options(directory), first: tables() }).abandon();
  const next = openDatapath({ ...options(directory), accessInterfaces: ['server'] });
  t.equal(xdpProgramOn(ifindexOf('access')), undefined);
  t.ok(xdpProgramOn(ifindexOf('server')));
  next.remove();
});

t.test('on a directory in no BPF file system one is mounted, and unmounted at removal', async (t) => {
  const directory = pinDirectory(t);
  const before = statfsSync(directory).type;
  const datapath = openDatapath(options(directory));
  t.equal(statfsSync(directory).type, 0xcafe4a11);
  datapath.remove();
  t.equal(statfsSync(directory).type, before);
});

t.test('links of an interface that is gone are removed, and the program is attached to the new one', async (t) => {
  const directory = mounted(t);
  for (const mode of ['xdp', 'tc'] as const) {
    openDatapath({ ...options(directory), mode, first: tables() }).abandon();
    run('ip link del access');
    run('ip link del server');
    makeInterfaces();
    const next = openDatapath({ ...options(directory), mode });
    t.equal(next.adopted, true, 'the tables are adopted all the same');
    t.equal(readdirSync(`${directory}/links`).length, 2, mode);
    t.match(next.apply(tables()), [{ table: 'servers' }, { table: 'servers' }], 'new numbers');
    next.remove();
  }
});
