import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  addresses,
  bin,
  ctl,
  ended,
  inside,
  openTestPair,
  stateOf,
  statusOf,
  type TestNode,
} from './daemons/test-pair.ts';
import { enterPrivateNamespaces, until } from './kernel/private-namespaces.ts';

enterPrivateNamespaces(import.meta.url);

/** Several lives of two daemons, each of which listens before it leads. */
t.setTimeout(90_000);
const pair = await openTestPair(t);
const { nodes } = pair;

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const eventsOf = (node: TestNode) => linesOf(ctl(node, 'events').stdout);

function follow(node: TestNode) {
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

t.test('a pair elects, survives the loss of its leader, hands over, and leaves nothing behind', async (t) => {
  const [one, two] = nodes;
  const daemons = nodes.map((node) => pair.start(node));
  await until(() => ['active,standby', 'standby,active'].includes(pair.states()), 'one leads');
  // It is the primary, unless that came up later by more than its head start, as on a busy machine.
  t.match(ctl(one, 'takeover'), { status: 0 });
  t.same(pair.holders(), [one]);
  t.match(statusOf(two), { heartbeat: { authenticated: true } });
  t.match(ctl(two, 'status').stdout, /^heartbeat +authenticated/m);
  for (const node of nodes) t.ok(addresses(node).some((line) => line.includes('203.0.113.10/32 scope global lo:nlb')));

  writeFileSync(two.config, readFileSync(two.config, 'utf8').replace('10.77.2.21 }', '10.77.2.21, weight: 7 }'));
  t.match(ctl(two, 'reload', '--check').stdout, /^~ servers\[server1\].weight: 1 → 7\na reload would change this/);
  daemons[1]?.kill('SIGHUP');
  await until(() => statusOf(two)?.servers[0]?.weight === 7, 'the changed weight is taken up');
  t.match(ctl(two, 'events').stdout, /"reload","by":"SIGHUP","outcome":"applied"/);
  writeFileSync(two.config, readFileSync(two.config, 'utf8').replace('weight: 7', 'weight: -7'));
  t.match(ctl(two, 'reload', '--json'), { status: 78, stdout: /"outcome":"refused"/ });
  t.equal(statusOf(two)?.servers[0]?.weight, 7);
  t.equal(pair.states(), 'active,standby');
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
  await until(() => pair.states() === 'gone,active', 'the standby takes over');
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
  await until(() => statusOf(two)?.peer.alive === false, 'the killed one counts as dead');
  t.match(ctl(two, 'standby'), { status: 75, stderr: /nlb1 is not there to take over/ });

  const restarted = pair.start(one);
  await until(() => pair.states() === 'standby,active', 'the old leader is back, and stands by');
  t.same(pair.holders(), [two], 'the alias that its earlier life left is gone');
  t.match(ctl(one, 'takeover'), { status: 0, stdout: 'active\n' });
  t.equal(pair.states(), 'active,standby');
  t.same(pair.holders(), [one]);

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

t.test('a bad configuration is refused whole, with every problem at its place', async (t) => {
  const bad = nodes[0].config.replace('nlb1', 'bad');
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
