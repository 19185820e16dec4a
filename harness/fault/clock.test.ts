import t from 'tap';
import { leftBehind, loggedOffset } from './clock.ts';

t.test('the last line of a log tells how far its clock was off', async (t) => {
  const nowMs = Date.parse('2026-11-23T05:00:00.000Z');
  const line = (time: string) => `{"level":"info","time":"${time}","msg":"stopping"}\n`;
  const stepped = line('2026-11-23T04:59:00.000Z') + line('2026-11-23T05:59:59.500Z');
  t.equal(loggedOffset(stepped, nowMs), 3599.5);
  t.equal(loggedOffset(line('2026-11-23T04:00:00.000Z'), nowMs), -3600);
  t.ok(Number.isNaN(loggedOffset('', nowMs)), 'of an empty log nothing is said');
});

t.test('what the library left is what is new, its own, and of a process that is gone', async (t) => {
  const now = ['faketime_shm_1', 'sem.faketime_sem_2', 'faketime_shm_3', 'faketime_shm_4', 'sem.other_5', 'x'];
  const left = leftBehind(now, new Set(['faketime_shm_3', 'x']), (pid) => pid === '4');
  t.same(left, ['faketime_shm_1', 'sem.faketime_sem_2']);
});
