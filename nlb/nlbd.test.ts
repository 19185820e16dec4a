import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { enterPrivateNamespaces, openNamespace, run, until } from './kernel/private-namespaces.ts';

enterPrivateNamespaces(import.meta.url);

/** Two nodes, in namespaces of their own, on two switches in this one, which holds the only server too. */
const folder = t.testdir();
/** Asks come a quarter of a beat's interval apart; starts differ by less than that often enough. */
const STARTS = 4;
/** Several lives of two daemons, each of which listens before it leads. */
t.setTimeout(90_000);
const bin = join(import.meta.dirname, 'bin');
const keyFile = join(folder, 'heartbeat.key');
writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
const nodes = [await makeNode(1), await makeNode(2)] as const;
type Node = (typeof nodes)[number];

// Seen by this test alone, as the mount namespace is private.
run('mount -t bpf bpf /sys/fs/bpf');
run('ip link set lo up');
for (const lan of ['access', 'server']) run(`ip link add ${lan} type bridge forward_delay 0`);
for (const lan of ['access', 'server']) run(`ip link set ${lan} up`);
run('ip addr add 10.77.2.21/24 dev server');
for (const node of nodes) plug(node);
const server = createServer((socket) => socket.destroy());
await new Promise<void>((resolve) => server.listen(80, '10.77.2.21', resolve));
t.teardown(() => server.close());

async function makeNode(number: number) {
  const namespace = await openNamespace();
  t.teardown(namespace.close);
  const name = `nlb${number}`;
  const [config, socket, journal] = ['yaml', 'sock', 'journal'].map((kind) => join(folder, `${name}.${kind}`));
  return { number, name, namespace, config: `${config}`, socket: `${socket}`, journal: `${journal}` };
}

function inside(node: Node, command: string): string {
  return node.namespace.run(command);
}

function plug(node: Node): void {
  inside(node, 'ip link set lo up');
  for (const [i, lan] of ['access', 'server'].entries()) {
    run(`ip link add ${node.name}-${i} type veth peer name ${lan} netns ${node.namespace.pid}`);
    run(`ip link set ${node.name}-${i} master ${lan} up`);
    inside(node, `ip link set ${lan} up`);
    inside(node, `ip addr add 10.77.${i + 1}.1${node.number}/24 dev ${lan}`);
  }
  const hook = join(folder, `${node.name}.hook`);
  writeFileSync(hook, `#!/bin/sh\necho "$NLB_PREVIOUS $NLB_STATE" >> ${node.journal}\n`, { mode: 0o755 });
  writeFileSync(node.config, configOf(node, hook));
}

function configOf({ number, name, socket }: Node, hook: string): string {
  const other = 3 - number;
  return `node: ${name}
primary: ${number === 1}
access: { interface: access, address: 10.77.1.1${number} }
server: { interface: server, address: 10.77.2.1${number} }
nlbs: 10.77.1.100
peer: { name: nlb${other}, access: 10.77.1.1${other}, server: 10.77.2.1${other} }
# A test machine may be busy with other tests: ten times slower than the default.
heartbeat: { intervalMs: 50, leaseMs: 400, deadAfterMs: 500, keyFile: ${keyFile} }
clusterAddresses: [203.0.113.10]
servers: [{ name: server1, address: 10.77.2.21 }]
services: [{ name: http, address: 203.0.113.10, protocol: tcp, port: 80 }]
scripts: { initial: ${hook}, active: ${hook}, standby: ${hook}, inop: ${hook} }
datapath: { pinDirectory: /sys/fs/bpf/${name} }
control: { socket: ${socket} }
`;
}

function start(node: Node, ...options: string[]): ChildProcess {
  const [program = '', ...words] = [...node.namespace.enter, join(bin, 'nlbd'), '--config', node.config, ...options];
  const child = spawn(program, words, {
    stdio: 'ignore',
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

function ctl(node: Node, ...words: string[]) {
  return spawnSync(join(bin, 'nlbctl'), ['--socket', node.socket, ...words], { encoding: 'utf8' });
}

interface Said {
  state: string;
  reason: string;
  peer: { alive: boolean };
  servers: { weight: number }[];
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const eventsOf = (node: Node) => linesOf(ctl(node, 'events').stdout);

function follow(node: Node) {
  const child = spawn(join(bin, 'nlbctl'), ['--socket', node.socket, 'events', '--follow']);
  t.teardown(() => child.kill('SIGKILL'));
  let [out, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const over = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { events: () => linesOf(out), complaint: () => complaint, ended: over };
}

const statusOf = (node: Node): Said => JSON.parse(ctl(node, 'status', '--json').stdout) as Said;

function stateOf(node: Node): string {
  const { status, stdout } = ctl(node, 'status', '--json');
  return status === 0 ? (JSON.parse(stdout) as Said).state : 'gone';
}

function reasonOf(node: Node): string {
  const { status, stdout } = ctl(node, 'status', '--json');
  return status === 0 ? (JSON.parse(stdout) as Said).reason : '';
}

const states = () => nodes.map(stateOf).join();
const addresses = (node: Node) => inside(node, 'ip -o -4 addr show').split('\n').filter(Boolean);
const holders = () =>
  nodes.filter((node) => addresses(node).some((line) => /10\.77\.1\.100\/32.* access:nlbs/.test(line)));
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));

t.test('a pair elects, survives the loss of its leader, hands over, and leaves nothing behind', async (t) => {
  const [one, two] = nodes;
  const daemons = nodes.map((node) => start(node));
  await until(() => ['active,standby', 'standby,active'].includes(states()), 'one leads');
  // It is the primary, unless that came up later by more than its head start, as on a busy machine.
  t.match(ctl(one, 'takeover'), { status: 0 });
  t.same(holders(), [one]);
  t.match(statusOf(two), { heartbeat: { authenticated: true } });
  t.match(ctl(two, 'status').stdout, /^heartbeat +authenticated/m);
  for (const node of nodes) t.ok(addresses(node).some((line) => line.includes('203.0.113.10/32 scope global lo:nlb')));

  writeFileSync(two.config, readFileSync(two.config, 'utf8').replace('10.77.2.21 }', '10.77.2.21, weight: 7 }'));
  t.match(ctl(two, 'reload', '--check').stdout, /^~ servers\[server1\].weight: 1 → 7\na reload would change this/);
  daemons[1]?.kill('SIGHUP');
  await until(() => statusOf(two).servers[0]?.weight === 7, 'the changed weight is taken up');
  t.match(ctl(two, 'events').stdout, /"reload","by":"SIGHUP","outcome":"applied"/);
  writeFileSync(two.config, readFileSync(two.config, 'utf8').replace('weight: 7', 'weight: -7'));
  t.match(ctl(two, 'reload', '--json'), { status: 78, stdout: /"outcome":"refused"/ });
  t.equal(statusOf(two).servers[0]?.weight, 7);
  t.equal(states(), 'active,standby');
  writeFileSync(two.config, readFileSync(two.config, 'utf8').replace('weight: -7', 'weight: 7'));
  for (const node of nodes) t.match(ctl(node, 'status').stdout, /^real time +(yes|no: E\w+)\nmemory +(not )?locked/m);
  t.match(JSON.parse(ctl(one, 'counters', '--json').stdout), {
    outcomes: [{ name: 'PASSED_NOT_OURS' }],
    services: [{ name: 'http', packets: 0 }],
  });
  t.match(ctl(one, 'counters').stdout, /^server +packets +bytes +new +active\nserver1 +0 +0 +0 +0$/m);
  t.match(ctl(one, 'connections'), { status: 0, stdout: '' });
  t.match(ctl(one, 'connections', '--server', 'nobody'), {
    status: 75,
    stderr: /there is no server "nobody"; there are server1/,
  });
  t.match(ctl(one, 'connections', '--limit', 'x'), { status: 64, stderr: /must be a whole number/ });
  t.match(ctl(one, 'trace', '198.51.100.10:4711'), {
    status: 0,
    stdout: /^tcp 198\.51\.100\.10:4711 > 203\.0\.113\.10:80, SYN\n[\s\S]*FORWARDED_NEW → server1/,
  });
  t.match(ctl(two, 'trace', '198.51.100.10'), {
    status: 0,
    stdout: /:49152 > [\s\S]*holds no lease[\s\S]*DROPPED_NO_LEASE/,
  });
  t.match(ctl(one, 'trace', 'nonsense'), { status: 64, stderr: /must be ADDRESS or ADDRESS:PORT/ });
  const follower = follow(one);
  await until(() => follower.events().some(({ state }) => state === 'active'), 'the follower gets what was before');

  daemons[0]?.kill('SIGKILL');
  t.equal(await follower.ended, 69, 'who follows learns that the daemon is gone');
  t.match(follower.complaint(), /nlbd at .* hung up: it has ended/);
  await until(() => states() === 'gone,active', 'the standby takes over');
  t.match(statusOf(two), { reason: /^nlb1 silent for/ });
  t.match(
    eventsOf(two).findLast(({ event }) => event === 'state'),
    {
      state: 'active',
      previous: 'standby',
      evidence: { peer: { hostRefuses: true, standing: { state: 'active' } } },
      // Until its lease ends, a dead daemon's data path answers.
      lost: { withoutHolderMs: Number, lastProof: /^(beat|answer)$/ },
    },
  );
  // A host that refuses beats is succeeded once its lease is over: before it counts as dead.
  await until(() => !statusOf(two).peer.alive, 'the killed one counts as dead');
  t.match(ctl(two, 'standby'), { status: 75, stderr: /nlb1 is not there to take over/ });

  const restarted = start(one);
  await until(() => states() === 'standby,active', 'the old leader is back, and stands by');
  t.same(holders(), [two], 'the alias that its earlier life left is gone');
  t.match(ctl(one, 'takeover'), { status: 0, stdout: 'active\n' });
  t.equal(states(), 'active,standby');
  t.same(holders(), [one]);

  restarted.kill('SIGTERM');
  t.equal(await ended(restarted), 0);
  t.equal(stateOf(two), 'active', 'an orderly stop is a handover');
  daemons[1]?.kill('SIGTERM');
  if (daemons[1]) t.equal(await ended(daemons[1]), 0);
  for (const node of nodes) {
    t.equal(addresses(node).length, 3, '127.0.0.1 and its own two');
    t.notMatch(inside(node, 'ip -d link show'), /xdp/);
    t.notOk(existsSync(node.socket));
  }
  // Before that it may have led, too: where its peer came up later.
  t.same(readFileSync(two.journal, 'utf8').trim().split('\n').slice(-4), [
    'standby active',
    'active standby',
    'standby active',
    'active inop',
  ]);
});

async function stop(daemon: ChildProcess): Promise<void> {
  daemon.kill('SIGTERM');
  t.equal(await ended(daemon), 0);
}

t.test('a daemon that keeps leaves all to its successor, which takes it away when it stops', async (t) => {
  const [one] = nodes;
  const keeper = start(one, '--keep');
  await until(() => stateOf(one) === 'active', 'a lone node leads');
  await stop(keeper);
  t.same(holders(), [one], 'the alias is there');
  t.equal(addresses(one).length, 5, 'and the cluster address');
  t.match(inside(one, 'ip -d link show'), /xdp/);
  const successor = start(one);
  await until(() => stateOf(one) === 'active', 'the successor leads');
  t.match(JSON.parse(ctl(one, 'status', '--json').stdout), { datapath: { adopted: true } });
  await stop(successor);
  t.equal(addresses(one).length, 3);
  t.notMatch(inside(one, 'ip -d link show'), /xdp/);
});

t.test('an alias that was kept goes when its lease runs out, or when another leads', async (t) => {
  const [one, two] = nodes;
  const usual = readFileSync(two.config, 'utf8');
  const keeper = start(two, '--keep', '1.5');
  await until(() => stateOf(two) === 'active', 'a lone node leads');
  await stop(keeper);
  // It starts sooner than that, and listens for longer.
  writeFileSync(two.config, usual.replace('deadAfterMs: 500', 'deadAfterMs: 2500'));
  const late = start(two, '--keep', '30');
  await until(() => stateOf(two) === 'initial' && holders().length === 0, 'the alias goes while it still listens');
  await until(() => stateOf(two) === 'active', 'it leads in the end');
  await stop(late);
  t.same(holders(), [two]);
  writeFileSync(two.config, usual);
  // On a busy machine two that are started together come up further apart than the head start of the primary.
  const primary = start(one);
  await until(() => /^another node answers/.test(reasonOf(one)), 'the primary hears that the address is held');
  t.same(holders(), [two]);
  const daemons = [primary, start(two)];
  await until(() => states() === 'active,standby', 'the primary leads, though the other held the address');
  t.match(reasonOf(one), /nlb2 ranks lower|nlb2 is (standby|initial)/, 'and not because that lease had run out');
  t.same(holders(), [one]);
  for (const daemon of daemons.toReversed()) await stop(daemon);
});

t.test('two that start at the same instant, and hear no beat of each other, never both lead', async (t) => {
  const usual = nodes.map(({ config }) => readFileSync(config, 'utf8'));
  for (const [i, node] of nodes.entries()) {
    inside(node, 'nft add table inet mute');
    inside(node, 'nft add chain inet mute out { type filter hook output priority 0 ; }');
    inside(node, 'nft add rule inet mute out udp dport 4694 drop');
    const slow = usual[i]
      ?.replace('primary: true', 'primary: false')
      .replace('intervalMs: 50, leaseMs: 400, deadAfterMs: 500', 'intervalMs: 100, leaseMs: 250, deadAfterMs: 300');
    writeFileSync(node.config, slow ?? '');
  }
  const settled = () => {
    const seen = nodes.map((node) => ctl(node, 'status', '--json')).map(({ stdout }) => stdout || '{}');
    const said = seen.map((text) => JSON.parse(text) as Partial<Said>);
    const led = said.filter(({ state }) => state === 'active').length;
    return led === 2 || (led === 1 && said.some(({ reason }) => reason?.startsWith('another node answers')));
  };
  for (let times = 1; times <= STARTS; times++) {
    const daemons = nodes.map((node) => start(node));
    await until(settled, 'one of them leads, and the other knows that somebody does');
    t.equal(holders().length, 1, `start ${times}`);
    await Promise.all(daemons.map(stop));
  }
  for (const [i, node] of nodes.entries()) {
    inside(node, 'nft delete table inet mute');
    writeFileSync(node.config, usual[i] ?? '');
  }
});

t.test('a bad configuration is refused whole, with every problem at its place', async (t) => {
  const bad = join(folder, 'bad.yaml');
  writeFileSync(
    bad,
    readFileSync(nodes[0].config, 'utf8').replace('10.77.1.100', '10.77.1').replace('port: 80', 'port: 0'),
  );
  for (const words of [[], ['--check']]) {
    const { status, stderr } = spawnSync(join(bin, 'nlbd'), ['--config', bad, ...words], { encoding: 'utf8' });
    t.equal(status, 78);
    t.match(stderr.trim().split('\n'), [/bad.yaml:5:7: nlbs: /, /bad.yaml:11:\d+: services\[0\].port: /]);
  }
  t.equal(spawnSync(join(bin, 'nlbd'), ['--config', nodes[0].config, '--check']).status, 0);
  t.equal(spawnSync(join(bin, 'nlbd'), []).status, 64);
});

t.test('nlbctl says so when no daemon answers', async (t) => {
  t.match(ctl(nodes[0], 'status'), { status: 69, stderr: /no nlbd answers at .*nlb1.sock/ });
  t.equal(ctl(nodes[0], 'dance').status, 64);
});
