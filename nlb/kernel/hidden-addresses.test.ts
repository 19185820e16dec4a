import { spawnSync } from 'node:child_process';
import t from 'tap';
import { hideAddress, listHidden, unhideAddress } from './hidden-addresses.ts';
import { findInterface } from './interfaces.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from './private-namespaces.ts';

enterPrivateNamespaces(import.meta.url);

const ADDRESS = '203.0.113.10';

t.test('an address that is hidden is held and not answered for, also when it goes and comes back', async (t) => {
  const far = await openNamespace();
  t.teardown(() => far.close());
  run(`ip link add near type veth peer name far netns ${far.pid}`);
  run('ip link set lo up');
  run('ip address add 10.0.0.1/24 dev near');
  run('ip link set near up');
  far.run('ip link set far up');
  far.run('ip address add 10.0.0.2/24 dev far');
  far.run(`ip route add ${ADDRESS}/32 via 10.0.0.1`);
  await until(() => findInterface('near')?.running === true, 'a carrier');
  const connect = (): string => {
    const [program = '', ...words] = [...far.enter, 'timeout', '0.3', 'bash', '-c', `: >/dev/tcp/${ADDRESS}/9`];
    return spawnSync(program, words, { encoding: 'utf8' }).stderr;
  };
  const answers = (): boolean => connect().includes('Connection refused');
  run(`ip address add ${ADDRESS}/32 dev lo`);
  t.equal(answers(), true, 'so any Linux does');
  t.equal(hideAddress(ADDRESS), 'hidden');
  t.equal(hideAddress(ADDRESS), 'already');
  t.same(listHidden(), [ADDRESS]);
  t.equal(answers(), false);
  run(`ip address del ${ADDRESS}/32 dev lo`);
  run(`ip address add ${ADDRESS}/32 dev lo`);
  t.match(run('ip -o address show dev lo'), /203\.0\.113\.10/);
  t.equal(answers(), false, 'it has come back');
  run('ip link set lo down');
  run('ip link set lo up');
  t.equal(answers(), false, 'and the loopback too');
  far.run(`ip route replace ${ADDRESS}/32 dev far`);
  t.equal(answers(), false);
  t.notMatch(far.run('ip neighbour'), /203\.0\.113\.10 .*lladdr/, 'nor does it learn where it is');
  t.equal(unhideAddress(ADDRESS), 'shown');
  t.equal(unhideAddress(ADDRESS), 'already');
  t.same(listHidden(), []);
  far.run('ip neighbour flush all');
  t.equal(answers(), true);
});
