import t from 'tap';
import { together } from './flood.ts';
import { droppedAt } from './refusals.ts';

t.test('the kernel’s table tells how many datagrams found no room at a port', async (t) => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  101: 0B014D0A:1256 0C014D0A:1256 01 00000000:00000000 00:00000000 00000000     0        0 111 2 00000000b1 3
  102: 0B024D0A:1256 0C024D0A:1256 01 00000000:00000000 00:00000000 00000000     0        0 112 2 00000000b2 4
  103: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 113 2 00000000b3 9
`;
  t.equal(droppedAt(table, 4694), 7);
  t.equal(droppedAt(table, 53), 9);
  t.equal(droppedAt(table, 54), 0);
});

t.test('what several floods sent is added up by reasons', async (t) => {
  const replayed = ['replayed', 'stale'];
  const sum = together(
    [
      { reasons: ['forged'], count: 3 },
      { reasons: replayed, count: 1 },
    ],
    [{ reasons: replayed, count: 4 }],
  );
  t.same(sum, [
    { reasons: ['forged'], count: 3 },
    { reasons: replayed, count: 5 },
  ]);
});
