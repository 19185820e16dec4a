import t from 'tap';
import { findInterface } from './interfaces.ts';
import { openLinkLook } from './link-flags.ts';
import { enterPrivateNamespaces, run, until } from './private-namespaces.ts';

enterPrivateNamespaces(import.meta.url);

t.test('a link is seen as netlink shows it, with and without a carrier, and when it is gone', async (t) => {
  const links = openLinkLook();
  run('ip link add near type veth peer name far');
  const { ifindex, mac } = findInterface('near') ?? {};
  t.same(links.look('near'), { ifindex, mac, running: false });
  run('ip link set near up');
  t.equal(links.look('near')?.running, false, 'up, but the other end is not');
  run('ip link set far up');
  // The kernel spreads the news of a carrier a moment later.
  await until(() => links.look('near')?.running === true, 'a carrier');
  run('ip link del near');
  t.equal(links.look('near'), undefined);
});
