import t from 'tap';
import type { LogRecord } from './records.ts';
import { answer, apply, emptyRule, type Rule, setRecords, snapshotOf } from './rule.ts';

const PER_POOL = 3;
const WEB = 'tcp 203.0.113.1:80';
const DNS = 'udp 203.0.113.1:53';

function ruleOf(...records: LogRecord[]): Rule {
  const rule = emptyRule(PER_POOL);
  for (const record of records) apply(rule, record);
  return rule;
}

const at = (rule: Rule, pool: string, slot: number, flow = 'f') =>
  answer(rule, flow, rule.selections.slotOf(pool, slot));

t.test('a flow goes to its exception’s server, else to the one in its slot, else to nobody', async (t) => {
  const rule = ruleOf({ type: 'set', pool: WEB, slots: [0, 2], server: 'a' }, { type: 'add', flow: 'f', server: 'b' });
  t.equal(at(rule, WEB, 0, 'other'), 'a');
  t.equal(at(rule, WEB, 1, 'other'), undefined);
  t.equal(at(rule, WEB, 0), 'b');
  apply(rule, { type: 'del', flow: 'f' });
  t.equal(at(rule, WEB, 0), 'a');
  apply(rule, { type: 'set', pool: WEB, slots: [0], server: undefined });
  t.equal(at(rule, WEB, 0), undefined);
});

t.test('a snapshot makes the same rule of an empty one, whatever numbers the other node has', async (t) => {
  const rule = ruleOf(
    { type: 'set', pool: WEB, slots: [0, 1], server: 'a' },
    { type: 'set', pool: WEB, slots: [2], server: 'b' },
    { type: 'set', pool: DNS, slots: [1], server: 'b' },
    { type: 'add', flow: 'f', server: 'c' },
  );
  const other = emptyRule(PER_POOL);
  other.selections.slotOf(DNS, 0);
  for (const record of snapshotOf(rule)) apply(other, record);
  for (const pool of [WEB, DNS])
    for (const slot of [0, 1, 2]) t.equal(at(other, pool, slot, 'g'), at(rule, pool, slot, 'g'), `${pool} ${slot}`);
  t.equal(at(other, DNS, 0), 'c');
  t.not(other.selections.slotOf(WEB, 0), rule.selections.slotOf(WEB, 0), 'numbers are each node’s own');
});

t.test('the slots of a server are found in every pool', async (t) => {
  const { selections } = ruleOf(
    { type: 'set', pool: WEB, slots: [0, 2], server: 'a' },
    { type: 'set', pool: DNS, slots: [0, 1], server: 'b' },
    { type: 'set', pool: DNS, slots: [2], server: 'a' },
  );
  t.same(selections.slotsWith('a'), [0, 2, 5]);
  t.same(selections.slotsWith('c'), []);
});

t.test('a snapshot is never empty, so that it can be acknowledged', async (t) => {
  const rule = emptyRule(PER_POOL);
  rule.selections.slotOf(WEB, 0);
  t.same(snapshotOf(rule), [{ type: 'set', pool: WEB, slots: [0, 1, 2], server: undefined }]);
});

t.test('slots are set by one record for each server of each pool', async (t) => {
  const { selections } = ruleOf(
    { type: 'set', pool: WEB, slots: [0], server: 'a' },
    { type: 'set', pool: DNS, slots: [0], server: 'a' },
  );
  t.same(
    setRecords([0, 1, 2, 3], selections, (slot) => (slot === 1 ? 'b' : 'a')),
    [
      { type: 'set', pool: WEB, slots: [0, 2], server: 'a' },
      { type: 'set', pool: WEB, slots: [1], server: 'b' },
      { type: 'set', pool: DNS, slots: [0], server: 'a' },
    ],
  );
});
