import t from 'tap';
import { dropsCounted } from './drops-counted.ts';
import { drops, shown, told } from './literal-history.ts';

const read = (atMs: number, counts: Record<string, number>, node = 'nlb1') => drops(atMs, node, counts);

t.test('what a node drops is counted, for one cause', async (t) => {
  const counted = dropsCounted({ node: 'nlb1', atLeast: 40 });
  const before = read(100, { flooded: 7, 'not served': 3 });
  t.match(
    told(counted, before, read(200, { flooded: 8, 'not served': 43 })),
    /^pass: nlb1 counted 40 drops more for not served/,
  );
  t.match(
    told(counted, before, read(200, { flooded: 7, 'not served': 42 })),
    /^fail: nlb1 counted 39 drops more for not served; 40/,
  );
  t.match(told(counted, before, read(200, { flooded: 27, 'not served': 23 })), /^fail: nlb1 counted 20 drops/);
  t.match(
    told(counted, before, read(200, { ...{ flooded: 7 }, new: 41 })),
    /^pass: nlb1 counted 41 drops more for new/,
  );
  t.match(told(counted, read(100, {}), read(200, {})), /^fail: nlb1 counts no drops; 40 packets were dropped/);
  const during = read(150, { flooded: 90, 'not served': 3 });
  t.match(told(counted, before, during, read(200, { 'not served': 43 })), /^pass/, 'the first and the last are meant');
  t.equal(shown(counted, before, during, read(200, { 'not served': 43 })).length, 2, 'the two are shown');
});

t.test('counters that were not read twice, or are another node’s, prove nothing', async (t) => {
  const counted = dropsCounted({ node: 'nlb1', atLeast: 40 });
  t.match(
    told(counted, read(100, {}), read(200, { it: 50 }, 'nlb2')),
    /^unknown: nlb1 was not asked twice what it has dropped/,
  );
  t.match(told(counted), /^unknown/);
  t.match(told(counted, read(100, {})), /^unknown: nlb1 was not asked twice/);
});
