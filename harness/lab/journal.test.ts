import { readFileSync } from 'node:fs';
import t from 'tap';
import { boottimeMinusMonotonicNs } from '../capture/clock.ts';
import { parseJournalLine, steadyOffset } from './journal.ts';

t.test('a script ran at its instant on the clock of the history, also on a machine that was suspended', async (t) => {
  const line = 'active\tstandby\t7205.25\t\tpeer silent';
  const words = { state: 'active', previous: 'standby', reason: 'peer silent' };
  t.same(parseJournalLine(line, 0n), { ...words, monotonicNs: 7_205_250_000_000n });
  const late = parseJournalLine('active\tstandby\t7205.25\t7205.123456\tpeer silent', 7_200_000_000_000n);
  t.same(late, { ...words, monotonicNs: 5_250_000_000n, enteredNs: 5_123_456_000n }, 'entered before it');
  t.same(parseJournalLine(line, 7_200_000_000_000n), { ...words, monotonicNs: 5_250_000_000n }, 'for two hours');
});

t.test('a script did not run before the entry that it was told of, unless it was told wrongly', async (t) => {
  const ranAt = (uptime: string, since: string) =>
    parseJournalLine(`active\tstandby\t${uptime}\t${since}\t`, 0n).monotonicNs;
  t.equal(ranAt('5.25', '5.257123'), 5_257_123_000n, 'its clock stood at the last hundredth of a second');
  t.equal(ranAt('5.25', '5.249999'), 5_250_000_000n);
  t.equal(ranAt('5.25', '5.260000'), 5_250_000_000n, 'an entry to come is kept to be judged');
});

t.test('what a script writes now is now', async (t) => {
  const [uptime] = readFileSync('/proc/uptime', 'utf8').split(' ');
  const { monotonicNs } = parseJournalLine(`active\tstandby\t${uptime}\t\t`, boottimeMinusMonotonicNs());
  const agoNs = process.hrtime.bigint() - monotonicNs;
  t.ok(agoNs > -1_000_000n && agoNs < 1_000_000_000n, `${agoNs} ns ago`);
});

t.test(
  'an offset that is read again some nanoseconds off is the same, and another one after a suspension',
  async (t) => {
    const readings = [5_000_000_000n, 5_000_000_005n, 4_999_999_990n, 65_000_000_001n, 65_000_000_009n];
    const ahead = steadyOffset(() => readings.shift() ?? 0n);
    t.same([ahead(), ahead(), ahead(), ahead()], [5_000_000_000n, 5_000_000_000n, 65_000_000_001n, 65_000_000_001n]);
  },
);
