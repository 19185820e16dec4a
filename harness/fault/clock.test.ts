import t from 'tap';
import { leftBehind } from './clock.ts';

t.test('what the library left is what is new, its own, and of a process that is gone', async (t) => {
  const now = ['faketime_shm_1', 'sem.faketime_sem_2', 'faketime_shm_3', 'faketime_shm_4', 'sem.other_5', 'x'];
  const left = leftBehind(now, new Set(['faketime_shm_3', 'x']), (pid) => pid === '4');
  t.same(left, ['faketime_shm_1', 'sem.faketime_sem_2']);
});
