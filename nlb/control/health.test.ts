import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { inheritedVerdict, type Verdict } from '../balance/checks/verdict.ts';
import { parseConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { openHealth, type Verdicts } from './health.ts';

type Test = { teardown(end: () => void): unknown };

/** A port of the loopback where every check passes. */
async function healthyPort(t: Test): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const CHECK = '{ intervalMs: 20, timeoutMs: 20 }';
const service = (name: string, port: number, check = CHECK) =>
  `{ name: ${name}, address: 203.0.113.10, protocol: tcp, port: ${port}, check: ${check} }`;

function configOf(services: string[], server = '{ name: a, address: 127.0.0.1 }'): Config {
  const text = `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10]
servers: [${server}]
services: [${services.join(', ')}]
`;
  return parseConfig(text, 'nlb.yaml');
}

/** What is watched, and every verdict that it reported. */
function watching(t: Test, config: Config, inherited: Verdicts = new Map()) {
  const notified: [key: string, verdict: Verdict][] = [];
  let heard = Promise.withResolvers<void>();
  const health = openHealth(inherited, (key, verdict) => {
    notified.push([key, verdict]);
    heard.resolve();
  });
  t.teardown(health.stop);
  health.watch(config);
  const next = async () => {
    await heard.promise;
    heard = Promise.withResolvers();
    return notified.at(-1);
  };
  return { health, notified, next, healthOf: (key: string) => health.verdicts.get(key)?.healthy };
}

t.test('another configuration leaves a check that is in both as it is, and its verdict', async (t) => {
  const [port, other] = [await healthyPort(t), await healthyPort(t)];
  const { health, notified, next, healthOf } = watching(t, configOf([service('http', port)]));
  t.equal(healthOf('http on a'), undefined);
  t.match(await next(), ['http on a', { healthy: true }]);
  health.watch(configOf([service('http', port), service('more', other)]));
  t.equal(healthOf('http on a'), true);
  t.equal(healthOf('more on a'), undefined, 'a new one has yet to be checked');
  t.match(await next(), ['more on a', { healthy: true }]);
  health.watch(configOf([service('more', other)]));
  t.same([...health.verdicts.keys()], ['more on a'], 'what is checked no longer has no verdict');
  t.equal(notified.length, 2, 'nothing was said anew of what stayed');
});

t.test('services with the same check of the same port are judged by one, and never differently', async (t) => {
  const port = await healthyPort(t);
  const at = `{ port: ${port}, intervalMs: 20, timeoutMs: 20 }`;
  const { health, notified, next, healthOf } = watching(t, configOf([service('http', port), service('web', 1, at)]));
  await next();
  t.same([healthOf('http on a'), healthOf('web on a')], [true, true], 'at the same moment');
  t.same(
    notified.map(([key]) => key),
    ['http on a', 'web on a'],
  );
  health.watch(configOf([service('web', 1, at)]));
  t.same([...health.verdicts], [['web on a', { healthy: true, contrary: 0 }]]);
});

t.test('a check that differs, or goes by another name, begins with the verdict so far', async (t) => {
  const port = await healthyPort(t);
  const { health, next, healthOf } = watching(t, configOf([service('http', port)]));
  await next();
  health.watch(configOf([service('http', port, '{ intervalMs: 10, timeoutMs: 10 }')]));
  t.equal(healthOf('http on a'), true);
  health.watch(configOf([service('web', port, '{ intervalMs: 10, timeoutMs: 10 }')]));
  t.equal(healthOf('web on a'), true);
  health.watch(configOf([service('web', port)], '{ name: a, address: 127.0.0.2 }'));
  t.equal(healthOf('web on a'), undefined, 'another address is another machine');
});

t.test('while nothing is checked the verdicts stand, and then the next check comes at once', async (t) => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const slow = '{ intervalMs: 60000, timeoutMs: 20, fall: 1 }';
  const { health, notified, next, healthOf } = watching(t, configOf([service('http', port, slow)]));
  await next();
  health.stop();
  await new Promise((resolve) => server.close(resolve));
  t.equal(healthOf('http on a'), true);
  health.watch(configOf([service('http', port, slow)]));
  t.equal(healthOf('http on a'), true, 'until it has been checked');
  t.match(await next(), ['http on a', { healthy: false }]);
  t.equal(notified.length, 2);
});

t.test('an inherited verdict stands until the first check, which decides', async (t) => {
  const [up, down] = [await healthyPort(t), 1];
  const inherited = new Map(['up', 'down'].map((name) => [`${name} on a`, inheritedVerdict({ rise: 2, fall: 3 })]));
  const { health, notified, next, healthOf } = watching(
    t,
    configOf([service('up', up), service('down', down)]),
    inherited,
  );
  t.ok(healthOf('up on a') && healthOf('down on a'));
  await next();
  if (notified.length < 2) await next();
  t.match(
    new Map(notified),
    new Map([
      ['up on a', { healthy: true }],
      ['down on a', { healthy: false, why: 'ECONNREFUSED' }],
    ]),
  );
  t.notOk(health.verdicts.get('up on a')?.inherited);
  health.watch(configOf([service('up', up)]));
  health.watch(configOf([service('up', up), service('down', down)]));
  t.equal(healthOf('down on a'), undefined, 'it counts once only');
});
