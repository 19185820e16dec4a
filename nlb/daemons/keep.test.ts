import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { enterPrivateNamespaces, until } from '../kernel/private-namespaces.ts';
import { addresses, ctl, inside, openTestPair, stateOf, statusOf } from './test-pair.ts';

enterPrivateNamespaces(import.meta.url);

/** Several lives of two daemons, each of which listens before it leads. */
t.setTimeout(180_000);
const pair = await openTestPair(t);
const { nodes } = pair;

t.test('a daemon that keeps leaves all to its successor, which takes it away when it stops', async (t) => {
  const [one] = nodes;
  const keeper = pair.start(one, '--keep');
  await until(() => stateOf(one) === 'active', 'a lone node leads');
  await pair.stop(keeper);
  t.same(pair.holders(), [one], 'the alias is there');
  t.equal(addresses(one).length, 5, 'and the cluster address');
  t.match(inside(one, 'ip -d link show'), /xdp/);
  const successor = pair.start(one);
  await until(() => stateOf(one) === 'active', 'the successor leads');
  t.match(JSON.parse(ctl(one, 'status', '--json').stdout), { datapath: { adopted: true } });
  await pair.stop(successor);
  t.equal(addresses(one).length, 3);
  t.notMatch(inside(one, 'ip -d link show'), /xdp/);
});

t.test('an alias that was kept goes when its lease runs out, or when another leads', async (t) => {
  const [one, two] = nodes;
  const usual = new Map(nodes.map(({ config }) => [config, readFileSync(config, 'utf8')]));
  const keeper = pair.start(two, '--keep', '1.5');
  await until(() => stateOf(two) === 'active', 'a lone node leads');
  await pair.stop(keeper);
  // It starts sooner than that, and listens for longer.
  for (const [config, text] of usual) writeFileSync(config, text.replace('deadAfterMs: 500', 'deadAfterMs: 2500'));
  const late = pair.start(two, '--keep', '30');
  await until(() => stateOf(two) === 'initial' && pair.holders().length === 0, 'the alias goes while it still listens');
  await until(() => stateOf(two) === 'active', 'it leads in the end');
  await pair.stop(late);
  t.same(pair.holders(), [two]);
  // They listen as long now, too: a machine that stands still for half a second makes neither of them believe that it is alone.
  // On a busy machine two that are started together come up further apart than the head start of the primary.
  const primary = pair.start(one);
  await until(
    () => statusOf(one)?.reason.startsWith('another node answers') === true,
    'the primary hears that the address is held',
  );
  t.same(pair.holders(), [two]);
  const daemons = [primary, pair.start(two)];
  await until(() => pair.states() === 'active,standby', 'the primary leads, though the other held the address');
  // The first of them: on a machine that stands still for long it may lose its lease afterwards, and lead again.
  const led = ctl(one, 'events')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .find(({ event, state }) => event === 'state' && state === 'active');
  t.match(led?.reason, /nlb2 ranks lower|nlb2 is (standby|initial)/, 'and not because that lease had run out');
  t.same(pair.holders(), [one]);
  for (const daemon of daemons.toReversed()) await pair.stop(daemon);
  for (const [config, text] of usual) writeFileSync(config, text);
});
