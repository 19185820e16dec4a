import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { listenerAt } from '../kernel/unix-stream.ts';
import { lockInterface } from './single-instance.ts';

enterPrivateNamespaces(import.meta.url);

/** A process of that user that holds the interface until it is killed; a program of its own, as a daemon is. */
async function holder(t: { teardown(end: () => void): unknown }, device: string, uid = 0) {
  const source = `
    import { createServer } from 'node:net';
    process.setuid(${uid});
    createServer().listen('\\0nlbd/${device}', () => console.log('listens'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

t.test('an interface has one holder; others have none of that', async (t) => {
  t.same(await lockInterface('access'), {});
  t.same(listenerAt('\0nlbd/access'), { pid: process.pid, uid: 0 });
  t.same(await lockInterface('bond0'), {});
  t.match(await lockInterface('access'), { refused: `process ${process.pid} holds the interface access: ` });
});

t.test('whoever is refused learns by whom, also where that one stands still', async (t) => {
  const { pid } = await holder(t, 'eth1');
  process.kill(pid ?? 0, 'SIGSTOP');
  t.match(await lockInterface('eth1'), { refused: `process ${pid} holds the interface eth1` });
});

t.test('a holder that is killed holds no more: who starts at once waits until it is gone', async (t) => {
  const child = await holder(t, 'eth2');
  const held = lockInterface('eth2');
  child.kill('SIGKILL');
  t.same(await held, {});
});

t.test('a name that a user took who cannot run a daemon keeps none from starting, and is said', async (t) => {
  const { pid } = await holder(t, 'eth3', 65_534);
  t.match(await lockInterface('eth3'), { unsure: `process ${pid} of user 65534 has the name` });
});
