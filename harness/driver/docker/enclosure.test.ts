import t from 'tap';
import { entering } from './enclosure.ts';

t.test('a command enters the container’s namespaces and gives up what the container may not do', async (t) => {
  t.same(entering(17, ['NET_ADMIN', 'BPF'], ['nlbd', '--config', 'x y']), [
    'nsenter',
    '--mount=/proc/17/ns/mnt',
    '--uts=/proc/17/ns/uts',
    '--ipc=/proc/17/ns/ipc',
    '--',
    'setpriv',
    '--inh-caps=-all',
    '--bounding-set=-all,+net_admin,+bpf',
    'nlbd',
    '--config',
    'x y',
  ]);
});
