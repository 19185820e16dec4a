import t from 'tap';
import { findInterface } from '../kernel/interfaces.ts';
import { openLinkLook } from '../kernel/link-flags.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from '../kernel/private-namespaces.ts';
import { openStations, type StationLeg, worthAsking } from './stations.ts';

enterPrivateNamespaces(import.meta.url);

/** Two legs; behind the second are two stations, behind the first nobody. */
const others = await openNamespace();
t.teardown(others.close);
for (const [i, leg] of ['access', 'server'].entries()) {
  run(`ip link add ${leg} type veth peer name ${leg} netns ${others.pid}`);
  run(`ip addr add 10.77.${i + 1}.11/24 dev ${leg}`);
  run(`ip link set ${leg} up`);
  others.run(`ip link set ${leg} up`);
}
for (const host of [21, 22]) others.run(`ip addr add 10.77.2.${host}/24 dev server`);
await until(() => ['access', 'server'].every((leg) => findInterface(leg)?.running), 'a carrier on both legs');

const leg = (device: string, subnet: number, addresses: string[]): StationLeg => ({
  device,
  ownAddress: `10.77.${subnet}.11`,
  peerAddress: `10.77.${subnet}.12`,
  addresses,
});
const open = (...legs: StationLeg[]) =>
  openStations(
    () => legs,
    openLinkLook().look,
    (text) => t.fail(text),
  );

t.test('whoever answers on either leg is heard, until the next question', async (t) => {
  const stations = open(leg('access', 1, ['10.77.1.1']), leg('server', 2, ['10.77.2.21']));
  t.notOk(stations.heard(), 'nobody has been asked');
  stations.ask();
  await until(stations.heard, 'an answer');
  t.notOk(stations.heard(), 'it is heard once');
});

t.test('where nobody is, nobody is heard', async (t) => {
  const [lonely, answered] = [open(leg('access', 1, ['10.77.1.1'])), open(leg('server', 2, ['10.77.2.21']))];
  lonely.ask();
  answered.ask();
  await until(answered.heard, 'an answer by the other leg, which takes as long');
  t.notOk(lonely.heard());
});

t.test('of many stations, each is asked in its turn', async (t) => {
  const nobody = Array.from({ length: 16 }, (_, i) => `10.77.2.${100 + i}`);
  const stations = open(leg('server', 2, [...nobody, '10.77.2.22']));
  let rounds = 0;
  const heard = () => {
    if (stations.heard()) return true;
    rounds++;
    stations.ask();
    return false;
  };
  await until(heard, 'the answer of the last of them');
  t.ok(rounds >= 3, `${rounds} rounds`);
});

t.test(
  'what came before the question does not count; an interface that is not there, or made anew, is no fault',
  async (t) => {
    const stations = open(leg('server', 2, ['10.77.2.21']));
    stations.ask();
    await until(stations.heard, 'an answer');
    run('ip link del server');
    stations.ask();
    t.notOk(stations.heard());
    run(`ip link add server type veth peer name server netns ${others.pid}`);
    for (const host of [21, 22]) others.run(`ip addr add 10.77.2.${host}/24 dev server`);
    others.run('ip link set server up');
    run('ip link set server up');
    await until(() => findInterface('server')?.running === true, 'a carrier');
    stations.ask();
    await until(stations.heard, 'an answer by the new one');
  },
);

t.test('a server that the kernel looks for itself is not asked for, unless nobody else is left', async (t) => {
  const legs = [leg('access', 1, []), leg('server', 2, ['10.77.2.21', '10.77.2.22'])];
  const asked = (unresolved: string[]) => worthAsking(legs, unresolved).flatMap(({ addresses }) => addresses);
  t.same(asked([]), ['10.77.2.21', '10.77.2.22']);
  t.same(asked(['10.77.2.21']), ['10.77.2.22']);
  t.same(asked(['10.77.2.21', '10.77.2.22']), ['10.77.2.21', '10.77.2.22']);
});
