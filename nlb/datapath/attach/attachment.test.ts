import { spawn } from 'node:child_process';
import { closeSync, readdirSync } from 'node:fs';
import t from 'tap';
import { detachLink, openPinned, xdpProgramOn } from '../../kernel/bpf-link.ts';
import { monotonicNs } from '../../kernel/clock.ts';
import { enterPrivateNamespaces, run, until } from '../../kernel/private-namespaces.ts';
import { type Datapath, openDatapath } from '../datapath.ts';
import { DATAGRAM, FORWARDED, HOUR_NS, makeNode } from '../kit/node.ts';
import { holdLease, ifindexOf, MAC, makeInterfaces, NLBS, options, pinDirectory, tables } from '../kit/rig.ts';
import type { Scope } from '../kit/send.ts';
import { openVethPeers, withChecksum } from '../kit/veth-peers.ts';
import { directoryFor } from '../userspace/directory.ts';
import { readPublished, writePublished } from '../userspace/published.ts';
import { request } from '../userspace/requests.ts';

enterPrivateNamespaces(import.meta.url);
makeNode(t);

const MODES = ['xdp', 'xdp-generic', 'tc', 'userspace'] as const;
const NEW_MAC = '02:00:00:00:00:77';

/** With the tables of the rig, each server's interface by name, and a lease without end. */
function opened(t: Scope, more: Partial<Parameters<typeof openDatapath>[0]> = {}): Datapath {
  const datapath = openDatapath({ ...options(pinDirectory(t)), ...more });
  t.teardown(() => datapath.remove());
  datapath.apply(named());
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  return datapath;
}

/** A directory with a BPF file system of its own, which outlives a datapath. */
function mounted(t: Scope): string {
  const directory = pinDirectory(t);
  run(`mount -t bpf bpf ${directory}`);
  t.teardown(() => run(`umount ${directory}`));
  return directory;
}

const named = () => ({ ...tables(), servers: tables().servers.map((server) => ({ ...server, device: 'server' })) });

/** As wired before: what it was attached to is gone. */
function makeAnew(): void {
  for (const device of ['access', 'server']) run(`ip link del ${device}`);
  makeInterfaces();
  run('ethtool -K farm gro on');
  run(`ip address add ${NLBS}/24 dev access`);
}

/** What leaves for a datagram that comes in. */
function forwarded(): string {
  const peers = openVethPeers();
  peers.send(DATAGRAM);
  return peers.next('server').toString('hex');
}

const without = (datapath: Datapath): string[] =>
  datapath.interfaces().flatMap(({ device, why }) => (why === undefined ? [] : [device]));

for (const mode of MODES) {
  t.test(
    `the program is attached to interfaces that are created again, and nothing stays of the old ones (${mode})`,
    async (t) => {
      const directory = mounted(t);
      const datapath = openDatapath({ ...options(directory), mode, first: named() });
      t.teardown(() => datapath.remove());
      datapath.apply(named());
      holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
      t.equal(forwarded(), FORWARDED);
      makeAnew();
      t.match(datapath.follow(), [{ table: 'settings' }, ...(mode === 'userspace' ? [] : [{ table: 'servers' }])]);
      t.equal(forwarded(), FORWARDED);
      t.same(without(datapath), []);
      t.same(datapath.follow(), [], 'and then all is as it should be');
      if (mode !== 'userspace') t.equal(readdirSync(`${directory}/links`).length, 2);
    },
  );

  t.test(
    `a missing interface does not affect the others, and gets the program when it appears (${mode})`,
    async (t) => {
      const datapath = opened(t, { mode, serverInterfaces: ['server', 'late'] });
      t.same(without(datapath), ['late']);
      t.match(datapath.interfaces(), [
        { device: 'server' },
        { device: 'access' },
        { why: /no network interface late/ },
      ]);
      const moved = {
        ...named(),
        servers: [...named().servers, { id: 2, address: '10.77.3.22', mac: MAC.server1, kept: true, device: 'late' }],
      };
      t.match(datapath.apply(moved), [{ table: 'servers', change: 'added' }], 'tables go on, its servers in them');
      t.equal(forwarded(), FORWARDED);
      run('ip link add late type veth peer name later');
      t.teardown(() => run('ip link del late'));
      datapath.follow();
      t.same(without(datapath), []);
      t.match(datapath.actual().servers[2], { kept: true, device: 'late' });
    },
  );

  t.test(`our own hardware address may change (${mode})`, async (t) => {
    const datapath = opened(t, { mode });
    run(`ip link set server address ${NEW_MAC}`);
    t.teardown(() => run(`ip link set server address ${MAC.server}`));
    datapath.follow();
    t.equal(forwarded(), FORWARDED.replace(MAC.server.replaceAll(':', ''), NEW_MAC.replaceAll(':', '')));
    t.match(datapath.interfaces()[0], { device: 'server', mac: NEW_MAC });
  });
}

t.test('with no interface at all a node starts, and follows', async (t) => {
  for (const device of ['access', 'server']) run(`ip link del ${device}`);
  const datapath = opened(t);
  t.same(without(datapath), ['server', 'access']);
  makeInterfaces();
  run('ethtool -K farm gro on');
  run(`ip address add ${NLBS}/24 dev access`);
  datapath.follow();
  t.same(without(datapath), []);
  t.equal(forwarded(), FORWARDED);
});

t.test('an interface that loses its name is none of ours, and is again when it has it back', async (t) => {
  const datapath = opened(t);
  run('ip link set server name other');
  datapath.follow();
  t.same(without(datapath), ['server']);
  const peers = openVethPeers();
  peers.send(DATAGRAM);
  await until(() => Object.values(datapath.outcomes()).some(({ packets }) => packets > 0n), 'the datagram');
  t.same(peers.received('server'), [], 'nothing is sent where it led');
  run('ip link set other name server');
  datapath.follow();
  t.same(without(datapath), []);
  t.equal(forwarded(), FORWARDED);
});

t.test('a program that somebody has detached is attached again', async (t) => {
  const directory = mounted(t);
  const datapath = openDatapath({ ...options(directory), mode: 'xdp-generic', first: named() });
  t.teardown(() => datapath.remove());
  const ifindex = ifindexOf('access');
  const link = openPinned(`${directory}/links/xdp-generic-${ifindex}`) ?? -1;
  detachLink(link);
  closeSync(link);
  t.equal(xdpProgramOn(ifindex), undefined);
  datapath.follow();
  t.ok(xdpProgramOn(ifindex));
});

t.test('a foreign program on a new interface keeps ours off that interface, until it is gone', async (t) => {
  const datapath = opened(t, { mode: 'xdp-generic', serverInterfaces: ['server', 'late'] });
  const theirs = openDatapath({ ...options(pinDirectory(t)), accessInterfaces: [], serverInterfaces: ['router'] });
  const program = xdpProgramOn(ifindexOf('router'));
  theirs.remove();
  t.ok(program);
  run('ip link add late type veth peer name later');
  t.teardown(() => run('ip link del late'));
  const other = openDatapath({
    ...options(pinDirectory(t)),
    mode: 'xdp-generic',
    accessInterfaces: [],
    serverInterfaces: ['late'],
  });
  datapath.follow();
  t.same(without(datapath), ['late']);
  t.match(datapath.interfaces().find(({ device }) => device === 'late')?.why, /runs a BPF program that is not ours/);
  t.equal(forwarded(), FORWARDED, 'the others go on');
  other.remove();
  await until(() => {
    datapath.follow();
    return without(datapath).length === 0;
  }, 'it is attached to');
});

t.test('generic XDP is not for interfaces that get their frames from another one', async (t) => {
  run('ip link add stacked link router type macvlan mode passthru');
  t.teardown(() => run('ip link del stacked'));
  const auto = openDatapath({
    ...options(pinDirectory(t)),
    accessInterfaces: ['stacked'],
    serverInterfaces: ['server'],
  });
  t.equal(auto.mode, 'tc');
  auto.remove();
  const late = opened(t, { serverInterfaces: ['server', 'late'] });
  t.equal(late.mode, 'xdp');
  run('ip link add late link farm type macvlan mode bridge');
  t.teardown(() => run('ip link del late'));
  late.follow();
  t.same(without(late), []);
  t.equal(late.mode, 'tc', 'one that comes later has the others change their mode');
  const { mode, program } = late.heldFlowsParts?.() ?? {};
  t.same([mode, program], ['tc', late.programs?.tc()], 'and held frames go on by the same');
  t.equal(forwarded(), FORWARDED);
});

/** Frames for the cluster address that got as far as the packet filter of the stack. */
const inTheStack = (): number => Number(/counter packets (\d+)/.exec(run('nft list table ip seen'))?.[1]);

t.test('while one mode replaces another, no frame reaches the stack', async (t) => {
  run('nft add table ip seen');
  t.teardown(() => run('nft delete table ip seen'));
  run('nft add chain ip seen first { type filter hook prerouting priority -400; }');
  run('nft add rule ip seen first ip daddr 203.0.113.10 counter');
  const directory = mounted(t);
  const words = [
    '--input-type=module',
    '-e',
    SENDING,
    import.meta.resolve('../kit/veth-peers.ts'),
    withChecksum(DATAGRAM).toString('hex'),
  ];
  for (const mode of ['xdp', 'xdp-generic', 'tc', 'xdp', 'tc', 'xdp-generic', 'xdp'] as const) {
    const datapath = openDatapath({ ...options(directory), mode, first: named() });
    datapath.apply(named());
    t.equal(inTheStack(), 0, mode);
    datapath.abandon();
    if (sending) continue;
    // Only from here on: the first one is attached to interfaces that had nothing.
    sending = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve) => sending?.stdout?.once('data', resolve));
  }
  // It is in a loop without an end, and a listener for SIGTERM, as a test runner may put there, would never be called.
  const ended = new Promise((resolve) => sending?.once('exit', resolve));
  sending?.kill('SIGKILL');
  await ended;
  const last = openDatapath(options(directory));
  const counted = Object.values(last.outcomes()).reduce((sum, { packets }) => sum + Number(packets), 0);
  t.ok(counted > 1000, `${counted} frames came`);
  last.remove();
});

let sending: ReturnType<typeof spawn> | undefined;
/** Sends without a pause until it is killed. */
const SENDING = `const [, module, frame] = process.argv;
  const { send } = (await import(module)).openVethPeers();
  console.log('sending');
  for (;;) send(Buffer.from(frame, 'hex'));`;

t.test('a forwarder survives a published interface that is gone, with its connections', async (t) => {
  const pins = pinDirectory(t);
  const datapath = openDatapath({ ...options(pins), mode: 'userspace', first: named() });
  t.teardown(() => datapath.remove());
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  t.equal(forwarded(), FORWARDED);
  const directory = directoryFor(pins);
  const published = readPublished(directory);
  if (!published) throw new Error('nothing was published');
  writePublished(directory, {
    ...published,
    tables: named(),
    interfaces: [...published.interfaces, { device: 'gone', ifindex: 9999, mac: MAC.server, mtu: 1500, roles: 0 }],
  });
  request(directory, 'reload');
  t.equal(datapath.connectionCount(), 1);
  t.equal(forwarded(), FORWARDED);
});
