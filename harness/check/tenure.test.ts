import t from 'tap';
import { act, address, census, OVER, script, told, watched } from './literal-history.ts';
import { heldAtLeast } from './tenure.ts';

const NLBS = '10.77.1.100';
const change = (atMs: number, change: 'added' | 'removed', node = 'nlb2') =>
  address(atMs, { node, device: 'access', address: `${NLBS}/32`, label: 'access:nlbs', change });
const SEEN = [watched('addresses', 'nlb1'), watched('addresses', 'nlb2')];
const BEGIN = [census(0, 'nlb1 access 10.77.1.11/24', 'nlb2 access 10.77.1.12/24'), act(1, 'begin')];
const held = (fromMs: number, untilMs: number, node = 'nlb2') => [
  change(fromMs, 'added', node),
  change(untilMs, 'removed', node),
];

t.test('each time of holding the address lasts long enough', async (t) => {
  const long = heldAtLeast({ address: NLBS, node: 'nlb2', eachMs: [100, 200] });
  const two = [...held(10, 110), ...held(200, 400)];
  t.match(told(long, SEEN, BEGIN, two, OVER), /^pass: nlb2 held 10.77.1.100 for 100 ms, then 200 ms/);
  t.match(told(long, SEEN, BEGIN, held(10, 110), held(200, 349), OVER), /^fail/);
  t.match(told(long, SEEN, BEGIN, held(10, 59), held(200, 400), OVER), /^fail/);
  t.match(told(long, SEEN, BEGIN, held(10, 60), held(200, 350), OVER), /^pass/, 'the event was read late');
  t.match(told(long, SEEN, BEGIN, held(10, 110), OVER), /^unknown: .* 2 times were wanted/);
  t.match(told(long, SEEN, BEGIN, OVER), /no time that began and ended/);
  const early = heldAtLeast({ address: NLBS, node: 'nlb2', eachMs: [100] });
  t.match(
    told(early, SEEN, census(0, `nlb2 access ${NLBS}/32`), act(1, 'begin'), change(300, 'removed'), OVER),
    /^unknown/,
  );
  t.match(told(early, SEEN, BEGIN, change(1, 'added'), change(1000, 'removed'), OVER), /^pass/, 'from end to end');
  t.match(told(long, SEEN, BEGIN, held(10, 110), change(200, 'added'), OVER), /^unknown/, 'one that goes on');
  t.match(told(long, SEEN, BEGIN, two, held(500, 900), OVER), /^unknown/);
  t.match(told(long, SEEN, BEGIN, held(10, 110, 'nlb1'), held(200, 400, 'nlb1'), OVER), /^unknown/);
  const leads = (state: string, enteredMs: number) => ({
    ...script(30, 'nlb2', state, 'standby'),
    enteredNs: enteredMs * 1e6,
  });
  const late = [...held(10, 110), ...held(251, 400)];
  t.match(told(long, SEEN, BEGIN, late, OVER), /^fail/);
  t.match(told(long, SEEN, BEGIN, late, leads('active', 200), OVER), /^pass: .* then 200 ms/, 'the kernel was late');
  t.match(told(long, SEEN, BEGIN, late, leads('inop', 200), OVER), /^fail/);
  t.match(told(long, SEEN, BEGIN, late, leads('active', 252), OVER), /^fail/);
  t.match(told(long, BEGIN, two, OVER), /^unknown: addresses of nlb2 were not watched/);
  t.match(told(long), /^unknown: nothing was recorded/);
});
