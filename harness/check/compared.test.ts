import t from 'tap';
import { COMPARED, sameServers } from './compared.ts';
import { counted, shown, told } from './literal-history.ts';

const compared = (atMs: number, same: number, different = 0) => counted(atMs, 'nlb1', COMPARED, { same, different });
const twice = sameServers({ atLeast: 80, times: 2 });

t.test('both nodes would send each connection to the same server, whenever they were asked', async (t) => {
  t.match(
    told(twice, compared(1, 80), compared(2, 90)),
    'pass: 170 connections would go to the same server, asked 2 times',
  );
  t.match(told(twice, compared(1, 80), compared(2, 89, 1)), 'fail: 1 connections would go to another server');
  t.match(
    told(twice, compared(2, 3, 2)),
    'fail: 2 connections would go to another server',
    'however few were asked for',
  );
  t.match(told(twice, compared(1, 80)), 'unknown: they were asked 1 times of 2');
  t.match(told(twice, compared(1, 80), compared(2, 79)), 'unknown: 79 of 80 connections were asked for');
  t.match(told(twice, counted(1, 'nlb1', 'others', { different: 1 })), 'unknown: they were asked 0 times of 2');
  t.same(shown(twice, compared(1, 80), compared(2, 89, 1)), ['counted 2']);
  t.equal(COMPARED, 'where connections go on both nodes', 'as stored histories have it');
});
