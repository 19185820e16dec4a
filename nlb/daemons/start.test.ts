import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { enterPrivateNamespaces, until } from '../kernel/private-namespaces.ts';
import { addresses, ctl, ended, inside, openTestPair, statusOf, type TestNode } from './test-pair.ts';

enterPrivateNamespaces(import.meta.url);

/** Asks come a quarter of a beat's interval apart; starts differ by less than that often enough. */
const STARTS = 4;
/** Several lives of two daemons, each of which listens before it leads. */
t.setTimeout(90_000);
const pair = await openTestPair(t);
const { nodes } = pair;

/** What a daemon has put into its BPF file system. */
function pins({ name }: TestNode): string[] {
  const folder = `/sys/fs/bpf/${name}`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

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
    const said = nodes.map(statusOf);
    const led = said.filter((status) => status?.state === 'active').length;
    return led === 2 || (led === 1 && said.some((status) => status?.reason.startsWith('another node answers')));
  };
  for (let times = 1; times <= STARTS; times++) {
    const daemons = nodes.map((node) => pair.start(node));
    // Who stands still for longer than its lease gives the lead up, and has it again.
    const isHeld = () => settled() && pair.holders().length > 0;
    await until(isHeld, 'one of them leads, and the other knows that somebody does');
    t.equal(pair.holders().length, 1, `start ${times}`);
    await Promise.all(daemons.map(pair.stop));
  }
  for (const [i, node] of nodes.entries()) {
    inside(node, 'nft delete table inet mute');
    writeFileSync(node.config, usual[i] ?? '');
  }
});

t.test(
  'a daemon that starts beside a leader knows where its healthy servers are before it enters a state',
  async (t) => {
    const [one, two] = nodes;
    const leader = pair.start(two);
    await until(() => statusOf(two)?.state === 'active', 'a lone node leads');
    // As on a machine that has just been started: its kernel has yet to ask where the server is.
    inside(one, 'ip neigh flush dev server');
    const follower = pair.start(one);
    await until(() => statusOf(one)?.state === 'standby', 'the other stands by');
    const events = ctl(one, 'events').stdout.trim().split('\n');
    const entered = events
      .map((line) => JSON.parse(line))
      .find(({ event, state }) => event === 'state' && state === 'standby');
    t.match(entered, {
      reason: 'nlb2 leads',
      evidence: { self: { ready: true, healthyServers: 1, services: { dead: 0 } } },
    });
    for (const daemon of [follower, leader]) await pair.stop(daemon);
  },
);

t.test(
  'a daemon that is told to stop while it starts stops when it has started, and leaves nothing behind',
  async (t) => {
    const [one] = nodes;
    const daemon = pair.start(one);
    await until(() => pins(one).length > 0, 'the data path is being made');
    const over = ended(daemon);
    daemon.kill('SIGTERM');
    const late = setTimeout(() => daemon.kill('SIGKILL'), 20_000);
    t.equal(await over, 0);
    clearTimeout(late);
    t.same(pins(one), []);
    t.equal(addresses(one).length, 3, '127.0.0.1 and its own two');
    t.notMatch(inside(one, 'ip -d link show'), /xdp/);
  },
);
