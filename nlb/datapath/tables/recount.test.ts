import t from 'tap';
import { excess } from './recount.ts';

/** Began and ended before a walk and after it, what the walk found; and by how much the count after it is wrong. */
const CASES: [string, [number, number], [number, number], number, number][] = [
  ['nothing happens, and all are found', [10, 4], [10, 4], 6, 0],
  ['two have been pushed out', [10, 4], [10, 4], 4, 2],
  ['one is there that nobody had counted', [10, 4], [10, 4], 7, -1],
  ['some begin, and are found or not', [10, 4], [15, 4], 6, 0],
  ['… all of them', [10, 4], [15, 4], 11, 0],
  ['some end before they are looked at, and some after it', [10, 4], [10, 8], 4, 0],
  ['… all after it', [10, 4], [10, 8], 6, 0],
  ['some begin and some end', [10, 4], [30, 20], 12, 0],
  ['more have been pushed out than can have begun unseen', [10, 4], [12, 4], 3, 3],
  ['so many end, and more than the rest is found', [10, 4], [10, 8], 7, -1],
];

t.test('a count is corrected by what a walk proves, and left alone where it may be right', async (t) => {
  for (const [what, [began, ended], [beganSince, endedSince], found, wrong] of CASES)
    t.equal(excess(found, { began, ended }, { began: beganSince, ended: endedSince }), wrong, what);
});

t.test('a right count stays as it is, whatever happens during the walk, and when', async (t) => {
  for (let unseen = 0; unseen <= 3; unseen++) {
    for (let over = 0; over <= 4; over++) {
      // Three begin, of which some come where the walk has been; four end, of which some had been found before.
      const found = 6 + (3 - unseen) - over;
      t.equal(excess(found, { began: 10, ended: 4 }, { began: 13, ended: 8 }), 0, `${unseen} unseen, ${over} over`);
    }
  }
});
