import { spawnSync } from 'node:child_process';
import t from 'tap';
import { findInterface } from './interfaces.ts';
import { type LinkEvent, listenToLinks } from './link-events.ts';
import { enterPrivateNamespaces, run, until } from './private-namespaces.ts';

enterPrivateNamespaces(import.meta.url);

t.test('an interface that comes, changes its hardware address, and goes is reported at once', async (t) => {
  let heard: LinkEvent[] = [];
  const links = listenToLinks((events) => heard.push(...(events ?? [])));
  t.teardown(() => links.close());
  const notified = async (command: string, name: string, ifindex?: number) => {
    heard = [];
    run(command);
    await until(() => heard.some((event) => event.name === name), command);
    if (ifindex !== undefined) t.ok(heard.some((event) => event.ifindex === ifindex));
  };
  await notified('ip link add near type veth peer name far', 'near');
  const near = findInterface('near')?.ifindex ?? 0;
  await notified('ip link set near address 02:00:00:00:00:77', 'near', near);
  await notified('ip link set near name other', 'other', near);
  await notified('ip link set far up', 'far');
  await notified('ip link del other', 'other', near);
});

t.test('more news than the kernel keeps is reported as such, and what comes later is heard', async (t) => {
  let [lost, heard] = [false, false];
  const links = listenToLinks((events) => {
    if (events === undefined) lost = true;
    else heard = true;
  });
  t.teardown(() => links.close());
  run('ip link add busy type veth peer name idle');
  // All while this thread does not read: its socket holds some hundred.
  const changes = Array.from({ length: 2000 }, (_, number) => `link set busy mtu ${1000 + number}\n`);
  const { status } = spawnSync('ip', ['-batch', '-'], { input: changes.join('') });
  t.equal(status, 0);
  await until(() => lost, 'that some was lost');
  heard = false;
  run('ip link del busy');
  await until(() => heard, 'what came later');
});
