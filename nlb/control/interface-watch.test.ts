import t from 'tap';
import { attachedOf, watchInterfaces } from './interface-watch.ts';

const access = { device: 'access', ifindex: 2, mac: '02:00:00:00:00:01' };
const gone = { device: 'access', why: 'There is no network interface access' };

t.test('an interface is reported when it comes, goes, or changes its hardware address', async (t) => {
  const changes = watchInterfaces();
  t.same(changes([access, { device: 'bond1', why: 'none' }]), [{ interface: 'bond1', attached: false, why: 'none' }]);
  const bond1 = { device: 'bond1', ifindex: 7, mac: '02:00:00:00:00:07' };
  t.same(changes([access, bond1]), [{ interface: 'bond1', attached: true, ifindex: 7, mac: bond1.mac }]);
  t.same(changes([access, bond1]), []);
  t.same(changes([gone, bond1]), [{ interface: 'access', attached: false, why: gone.why }]);
  t.match(changes([{ ...access, ifindex: 9 }, bond1]), [{ interface: 'access', attached: true, ifindex: 9 }]);
  t.match(changes([{ ...access, ifindex: 9, mac: '02:00:00:00:00:02' }, bond1]), [{ mac: '02:00:00:00:00:02' }]);
});

t.test('those are attached that are there and have not refused', async (t) => {
  t.same(attachedOf([access, { device: 'bond1', ifindex: 7, mac: '', why: 'refused' }, gone]), { access: 2 });
});
