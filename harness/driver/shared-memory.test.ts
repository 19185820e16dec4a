import t from 'tap';
import { leftBehind } from './shared-memory.ts';

t.test('what is left is what is new, of that name, and of a process that is gone', async (t) => {
  const now = ['faketime_shm_1', 'sem.faketime_sem_2', 'faketime_shm_3', 'faketime_shm_4', 'sem.other_5', 'x'];
  const name = /^(?:faketime_shm|sem\.faketime_sem)_(\d+)$/;
  const left = leftBehind(now, new Set(['faketime_shm_3', 'x']), name, (pid) => pid === '4');
  t.same(left, ['faketime_shm_1', 'sem.faketime_sem_2']);
});
