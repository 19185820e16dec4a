import t from 'tap';
import { openLog } from './log.ts';
import type { FromActive, LogRecord } from './records.ts';

const LIMITS = { holdMs: 40, retransmitMs: 5, mostRetained: 4, recordsPerDatagram: 2, window: 3 };
const SESSION = { reign: 1, attachment: 1 };
const record: LogRecord = { type: 'del', flow: 'f' };
const SNAPSHOT = [record, record];

const numbersIn = (datagrams: FromActive[]): number[][] =>
  datagrams.map((each) => (each.type === 'records' ? each.records.map((_, index) => each.first + index) : []));

/** A log whose standby has joined at 0 ms. */
function joined() {
  const log = openLog(LIMITS);
  log.begin(SESSION, SNAPSHOT, 0);
  log.send(0);
  log.acknowledge(SESSION, 2, 0);
  return log;
}

t.test('alone every record counts as acknowledged at once, and nothing is sent', async (t) => {
  const log = openLog(LIMITS);
  for (const number of [1, 2, 3, 4, 5, 6]) t.equal(log.append(record, 0), number);
  t.equal(log.granted(), 6);
  t.same(log.send(0), []);
  t.notOk(log.isInStep());
});

t.test('a standby that joins is waited for from the acknowledgement of its snapshot on', async (t) => {
  const log = openLog(LIMITS);
  log.begin(SESSION, SNAPSHOT, 0);
  log.append(record, 0);
  t.equal(log.granted(), 3, 'granted without it');
  log.acknowledge(SESSION, 1, 0);
  t.equal(log.append(record, 0), 4);
  t.equal(log.granted(), 4, 'it does not have the snapshot yet');
  log.acknowledge(SESSION, 2, 0);
  log.append(record, 0);
  t.same(
    [log.granted(), log.isInStep()],
    [4, false],
    'waited for, and not in step: it lacks what was granted without it',
  );
  log.acknowledge(SESSION, 4, 0);
  t.same([log.granted(), log.isInStep()], [4, true]);
  log.acknowledge(SESSION, 5, 0);
  t.equal(log.granted(), 5);
});

t.test('what another session acknowledges, or what was never sent, is not looked at', async (t) => {
  const log = joined();
  log.append(record, 0);
  log.acknowledge({ reign: 1, attachment: 2 }, 3, 0);
  log.acknowledge(SESSION, 4, 0);
  log.acknowledge(SESSION, 1, 0);
  t.same([log.acknowledged(), log.granted()], [2, 2]);
});

t.test('a silent standby is waited for until holdMs are over, and again when it has caught up', async (t) => {
  const log = joined();
  log.append(record, 10);
  log.tick(49);
  t.same([log.granted(), log.isInStep()], [2, true]);
  log.tick(50);
  t.same([log.granted(), log.isInStep()], [3, false]);
  log.append(record, 60);
  t.equal(log.granted(), 4, 'nobody waits for it now');
  log.acknowledge(SESSION, 4, 70);
  t.ok(log.isInStep());
  log.append(record, 70);
  t.equal(log.granted(), 4);
});

t.test('a standby that lags behind by half of holdMs is not waited for again', async (t) => {
  const log = joined();
  log.append(record, 0);
  log.append(record, 20);
  log.tick(40);
  log.acknowledge(SESSION, 3, 41);
  log.append(record, 41);
  t.equal(log.granted(), 5, 'what it lacks is 21 ms old');
});

t.test(
  'records are sent in pieces, within the window, and again from the first that is not acknowledged',
  async (t) => {
    const log = joined();
    for (let count = 0; count < 4; count++) log.append(record, 0);
    t.same(numbersIn(log.send(0)), [[3, 4], [5]]);
    t.same(log.send(4), []);
    t.same(numbersIn(log.send(5)), [[3, 4]], 'nothing was acknowledged for retransmitMs: the first of them');
    t.same(log.send(14), []);
    t.same(numbersIn(log.send(15)), [[3, 4]], 'and no more of them while nothing comes');
    log.acknowledge(SESSION, 3, 16);
    t.same(numbersIn(log.send(16)), [[5, 6]], 'the window has moved, and is open');
    log.acknowledge(SESSION, 6, 17);
    t.same(log.send(25), []);
  },
);

t.test('to a standby that is silent less and less is sent, and all at once when it is there again', async (t) => {
  const log = joined();
  log.append(record, 0);
  log.append(record, 0);
  const sentMs: number[] = [];
  for (let nowMs = 0; nowMs <= 1000; nowMs++) if (log.send(nowMs).length > 0) sentMs.push(nowMs);
  t.same(sentMs, [0, 5, 15, 35, 75, 155, 315, 475, 635, 795, 955]);
  log.acknowledge(SESSION, 3, 1001);
  log.append(record, 1001);
  t.same(numbersIn(log.send(1001)), [[5]]);
  t.same(log.send(1005), []);
  t.same(numbersIn(log.send(1006)), [[4, 5]], 'and what is lost now is sent again as soon as ever');
});

t.test('a SET may take a whole datagram: no other record is sent again with it', async (t) => {
  const set: LogRecord = { type: 'set', pool: 'p', slots: [1], server: 's' };
  const log = joined();
  for (const each of [set, set, record, set]) log.append(each, 0);
  log.send(0);
  t.same(numbersIn(log.send(5)), [[3]]);
  log.acknowledge(SESSION, 4, 6);
  log.send(6);
  t.same(numbersIn(log.send(11)), [[5]], 'what comes before one goes without it');
});

t.test('to ask what is to be sent costs the same however much is retained: it is asked with each packet', async (t) => {
  /** Microseconds of processor time for each of many, while a standby is silent. */
  const costUs = (retained: number): number => {
    const log = openLog({ ...LIMITS, mostRetained: retained });
    log.begin(SESSION, SNAPSHOT, 0);
    for (let count = 0; count < retained; count++) log.append(record, 0);
    log.send(0);
    log.send(5);
    const before = process.threadCpuUsage();
    for (let count = 0; count < 1000; count++) log.send(6);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
  const [few, many] = [100, 100_000].map((retained) => Math.min(costUs(retained), costUs(retained)));
  t.ok((many ?? 0) < 20 * (few ?? 0) + 10, `${few} µs with 100, ${many} µs with 100,000`);
});

t.test('beyond what is retained the session ends, and nobody is waited for', async (t) => {
  const log = joined();
  for (let count = 0; count < 4; count++) log.append(record, 0);
  t.same([log.session(), log.granted()], [SESSION, 2]);
  t.equal(log.append(record, 0), 7);
  t.same([log.session(), log.granted(), log.isInStep()], [undefined, 7, false]);
});

t.test('a snapshot may be longer than what is retained besides', async (t) => {
  const log = openLog(LIMITS);
  log.begin(SESSION, new Array<LogRecord>(9).fill(record), 0);
  log.append(record, 0);
  t.same(log.session(), SESSION);
});
