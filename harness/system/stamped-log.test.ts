import t from 'tap';
import { systemNamed } from './systems.ts';

const lastStampMs = (system: string, log: string) => systemNamed(system).can.stampedLog?.lastStampMs(log);

t.test('the last line of nlb’s log tells what its clock was', async (t) => {
  const line = (time: string) => `{"level":"info","time":"${time}","msg":"stopping"}\n`;
  const stepped = line('2026-11-23T04:59:00.000Z') + line('2026-11-23T05:59:59.500Z');
  t.equal(lastStampMs('nlb', stepped), Date.parse('2026-11-23T05:59:59.500Z'));
  t.ok(Number.isNaN(lastStampMs('nlb', '')), 'of an empty log nothing is said');
});

t.test('so does keepalived’s, to the second, in the time of its zone', async (t) => {
  const log = 'Thu Nov 26 22:54:31 2026: Starting\nThu Nov  5 01:02:03 2026: Stopped\nno stamp\n';
  t.equal(lastStampMs('keepalived-nft', log), new Date(2026, 10, 5, 1, 2, 3).getTime());
  t.ok(Number.isNaN(lastStampMs('keepalived-nft', '')));
});
