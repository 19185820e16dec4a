import t from 'tap';
import { tcxPrograms } from './tcx.ts';

t.test('what tcx runs on an interface is asked of the kernel', async (t) => {
  t.same(tcxPrograms(1), [], 'nothing on the loopback');
  t.throws(() => tcxPrograms(2 ** 30), /on interface 1073741824: errno 19/, 'there is no such interface');
});
