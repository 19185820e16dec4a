import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { enterPrivateNamespaces, run } from '../kernel/private-namespaces.ts';
import { SERVERS } from './forwarding-paths.ts';
import { mountPins } from './load-balancer.ts';
import type { Rate } from './rate.ts';
import { openWire } from './wire.ts';

enterPrivateNamespaces(import.meta.url);

const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);

t.test('frames get to every server by each forwarding path, and none to anybody else', async (t) => {
  const words = ['--trials', '2', '--frames', '30000'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'rate.ts'), ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  t.equal(stderr, '');
  t.equal(status, 0);
  const [first = '', ...rest] = stdout.trimEnd().split('\n');
  t.same(JSON.parse(first), { expected: 2 * 4 });
  const lines = rest.map((line) => JSON.parse(line) as Rate & { missing?: string });
  t.same(
    lines.map(({ forwardingPath, missing }) => missing ?? forwardingPath),
    ['xdp', 'tc', 'userspace', 'nftables', 'xdp', 'tc', 'userspace', 'nftables'],
  );
  for (const { forwardingPath, sent, arrived, misaddressed, tookNs } of lines) {
    t.same([sent, misaddressed], [30_000, 0], forwardingPath);
    t.equal(arrived.length, SERVERS, `${forwardingPath}: ${arrived}`);
    t.ok(
      sum(arrived) > sent / (forwardingPath === 'userspace' ? 50 : 2) && sum(arrived) <= sent,
      `${forwardingPath}: ${sum(arrived)} arrived`,
    );
    t.ok(Math.min(...arrived) > sum(arrived) / SERVERS / 2, `${forwardingPath} spreads them: ${arrived}`);
    t.ok(tookNs > 0);
  }
});

t.test('a frame that nobody has readdressed is no arrival', async (t) => {
  mountPins();
  const wire = await openWire();
  t.teardown(() => wire.close());
  t.match(await wire.send(640, 10), { sent: 640, misaddressed: 0 }, 'nothing passes by itself');
  run('nft add table netdev straight');
  run('nft add chain netdev straight through { type filter hook ingress device access priority 0; }');
  run('nft add rule netdev straight through fwd to server');
  const { arrived, misaddressed } = await wire.send(640, 10);
  t.equal(sum(arrived), 0);
  t.equal(misaddressed, 640);
});
