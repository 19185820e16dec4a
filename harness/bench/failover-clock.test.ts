import t from 'tap';
import { loggedOffset } from './failover-clock.ts';

t.test('the last line of a log tells how far its clock was off', async (t) => {
  const nowMs = Date.parse('2026-11-23T05:00:00.000Z');
  const line = (time: string) => `{"level":"info","time":"${time}","msg":"stopping"}\n`;
  const stepped = line('2026-11-23T04:59:00.000Z') + line('2026-11-23T05:59:59.500Z');
  t.equal(loggedOffset(stepped, nowMs), 3599.5);
  t.equal(loggedOffset(line('2026-11-23T04:00:00.000Z'), nowMs), -3600);
  t.ok(Number.isNaN(loggedOffset('', nowMs)), 'of an empty log nothing is said');
});
