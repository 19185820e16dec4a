import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { enterPrivateNamespaces, run } from '../kernel/private-namespaces.ts';
import type { Rate } from './rate.ts';
import { mountPins } from './scene.ts';
import { SERVERS } from './ways.ts';
import { openWire } from './wire.ts';

enterPrivateNamespaces(import.meta.url);

const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);

t.test('frames get to every server by each way, and none to anybody else', async (t) => {
  const words = ['--trials', '2', '--frames', '30000'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'rate.ts'), ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  t.equal(stderr, '');
  t.equal(status, 0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Rate & { missing?: string });
  t.same(
    lines.map(({ way, missing }) => missing ?? way),
    ['xdp', 'tc', 'userspace', 'nftables', 'xdp', 'tc', 'userspace', 'nftables'],
  );
  for (const { way, sent, arrived, astray, tookNs } of lines) {
    t.same([sent, astray], [30_000, 0], way);
    t.equal(arrived.length, SERVERS, `${way}: ${arrived}`);
    t.ok(
      sum(arrived) > sent / (way === 'userspace' ? 50 : 2) && sum(arrived) <= sent,
      `${way}: ${sum(arrived)} arrived`,
    );
    t.ok(Math.min(...arrived) > sum(arrived) / SERVERS / 2, `${way} spreads them: ${arrived}`);
    t.ok(tookNs > 0);
  }
});

t.test('a frame that nobody has readdressed is no arrival', async (t) => {
  mountPins();
  const wire = await openWire();
  t.teardown(() => wire.close());
  t.match(await wire.send(640, 10), { sent: 640, astray: 0 }, 'nothing passes by itself');
  run('nft add table netdev straight');
  run('nft add chain netdev straight through { type filter hook ingress device access priority 0; }');
  run('nft add rule netdev straight through fwd to server');
  const { arrived, astray } = await wire.send(640, 10);
  t.equal(sum(arrived), 0);
  t.equal(astray, 640);
});
