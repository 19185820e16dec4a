import t from 'tap';
import { parseConfig } from '../config/load.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from '../kernel/private-namespaces.ts';
import { verdictsKept, watchReach } from './reach.ts';
import { openReachProbes, type ReachProbes, type Target } from './reach-probes.ts';

enterPrivateNamespaces(import.meta.url);

/** This node's two legs, each with a neighbour at the other end that can be made silent. */
const neighbours = await openNamespace();
t.teardown(neighbours.close);
for (const [i, leg] of ['access', 'server'].entries()) {
  run(`ip link add ${leg} type veth peer name ${leg} netns ${neighbours.pid}`);
  run(`ip addr add 10.77.${i + 1}.11/24 dev ${leg}`);
  run(`ip link set ${leg} up`);
  neighbours.run(`ip addr add 10.77.${i + 1}.1/24 dev ${leg}`);
  neighbours.run(`ip link set ${leg} up`);
}
await until(() => ['access', 'server'].every((leg) => findInterface(leg)?.running), 'a carrier on both legs');

function configWith(targets: string) {
  return parseConfig(
    `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
clusterAddresses: [203.0.113.10]
servers: [{ name: server1, address: 10.77.2.21 }]
services: [{ name: http, address: 203.0.113.10, protocol: tcp, port: 80 }]
heartbeat: { insecure: true }
reach: { intervalMs: 30, timeoutMs: 20, rise: 2, fall: 3, targets: [${targets}] }`,
    'reach.yaml',
  );
}

const everyWay = `
  { name: firewall, address: 10.77.1.1 },
  { name: firewall-ping, address: 10.77.1.1, type: icmp },
  { name: switch, address: 10.77.2.1, via: server },
  { name: switch-ping, address: 10.77.2.1, type: icmp, via: server },
  { name: nobody, address: 10.77.1.77 },
  { name: nobody-ping, address: 10.77.2.77, type: icmp, via: server } `;

t.test('a target that is there is met, by ARP and by ping, on either leg; one that is not is not', async (t) => {
  const config = configWith(everyWay);
  const reach = watchReach(config.reach, { probes: openReachProbes(config), changed: () => {} });
  t.teardown(reach.stop);
  t.notOk(reach.isJudged());
  await until(reach.isJudged, 'every target is judged');
  const met = Object.fromEntries([...reach.verdicts].map(([name, { healthy }]) => [name, healthy]));
  t.same(met, {
    firewall: true,
    'firewall-ping': true,
    switch: true,
    'switch-ping': true,
    nobody: false,
    'nobody-ping': false,
  });
});

t.test('a target that falls silent is lost, and met again when it speaks', async (t) => {
  const config = configWith('{ name: firewall, address: 10.77.1.1 }, { name: ping, address: 10.77.1.1, type: icmp }');
  const notified: string[] = [];
  const reach = watchReach(config.reach, {
    probes: openReachProbes(config),
    changed: ({ name }, { healthy, why }) => notified.push(`${name} ${healthy ? 'met' : why}`),
  });
  t.teardown(reach.stop);
  await until(() => notified.length === 2, 'both are met');
  neighbours.run('ip link set access down');
  await until(() => notified.length === 4, 'both are lost');
  neighbours.run('ip link set access up');
  await until(() => notified.length === 6, 'both are met again');
  t.same(notified.slice(0, 2), ['firewall met', 'ping met']);
  t.match(notified.slice(2, 4), [/^firewall (no answer within 20 ms|.*)$/, /^ping /]);
  t.same(notified.slice(4).toSorted(), ['firewall met', 'ping met']);
});

t.test('it goes on when an interface is replaced by another of its name', async (t) => {
  const config = configWith('{ name: firewall, address: 10.77.1.1 }');
  const notified: boolean[] = [];
  const changed = (_: Target, { healthy }: { healthy: boolean }) => notified.push(healthy);
  const reach = watchReach(config.reach, { probes: openReachProbes(config), changed });
  t.teardown(reach.stop);
  await until(() => notified.length === 1, 'it is met');
  run('ip link del access');
  await until(() => notified.length === 2, 'it is lost');
  run(`ip link add access type veth peer name access netns ${neighbours.pid}`);
  run('ip addr add 10.77.1.11/24 dev access');
  run('ip link set access up');
  neighbours.run('ip addr add 10.77.1.1/24 dev access');
  neighbours.run('ip link set access up');
  await until(() => notified.length === 3, 'it is met again');
  t.same(notified, [true, false, true]);
});

/** Ways on which the one target answers in some rounds. */
function scripted(answers: string, target: Target): { probes: ReachProbes; rounds(): number } {
  let rounds = 0;
  const probes: ReachProbes = {
    ask: (round) => {
      rounds = round;
      if (answers[round - 1] === '!') throw new Error('no buffer space');
    },
    answered: (round) => (answers[round - 1] === '+' ? [target] : []),
    close: () => {},
  };
  return { probes, rounds: () => rounds };
}

t.test(
  'thresholds: `fall` rounds in a row without an answer lose a target, `rise` with one bring it back',
  async (t) => {
    const { reach: config } = configWith('{ name: firewall, address: 10.77.1.1 }');
    const [target] = config.targets as [Target];
    const notified: string[] = [];
    const { probes, rounds } = scripted('+--+-!-+-++', target);
    const changed = (_: Target, { healthy, why }: { healthy: boolean; why?: string }) =>
      notified.push(`round ${rounds()}: ${healthy ? 'met' : why}`);
    const reach = watchReach({ ...config, intervalMs: 2, timeoutMs: 1 }, { probes, changed });
    t.teardown(reach.stop);
    await until(() => notified.length === 3, 'three changes');
    t.same(notified, ['round 1: met', 'round 7: no answer within 1 ms', 'round 11: met']);
  },
);

t.test('where there is no target, everything has been judged', async (t) => {
  const { probes } = scripted('', {} as Target);
  const reach = watchReach(configWith('').reach, { probes, changed: () => t.fail('nothing to tell') });
  t.teardown(reach.stop);
  t.same([reach.isJudged(), reach.verdicts.size], [true, 0]);
});

t.test('what is known of a target outlasts a change of others', async (t) => {
  const before = configWith('{ name: a, address: 10.77.1.1 }, { name: b, address: 10.77.1.2 }').reach;
  const after = configWith(
    '{ name: a, address: 10.77.1.1 }, { name: b, address: 10.77.1.3 }, { name: c, address: 10.77.1.4 }',
  );
  const met = { healthy: true, contrary: 0 };
  const kept = verdictsKept(
    before,
    after.reach,
    new Map([
      ['a', met],
      ['b', met],
    ]),
  );
  t.same([...kept], [['a', met]], 'another address is another target');
  const asked: number[] = [];
  const probes: ReachProbes = { ask: (round) => void asked.push(round), answered: () => [], close: () => {} };
  const reach = watchReach(after.reach, { probes, changed: () => {}, verdicts: kept });
  t.teardown(reach.stop);
  t.same([...reach.verdicts.keys()], ['a'], 'before the first answer');
  t.notOk(reach.isJudged());
  await until(reach.isJudged, 'all are judged');
  t.equal(reach.verdicts.get('a')?.healthy, true, 'one failure does not lose it');
});
