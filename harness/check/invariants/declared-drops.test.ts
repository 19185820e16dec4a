import t from 'tap';
import type { HistoryEvent } from '../../history/event.ts';
import { verdictOn } from '../claim.ts';
import { drops, history, OVER, testRun, told } from '../literal-history.ts';
import { type DeclaredDrops, declaredDrops } from './declared-drops.ts';
import { except, exemptedIn } from './exemption.ts';
import { SETTING } from './literal-setting.ts';
import { ORDINARY_DROPS } from './ordinary-drops.ts';

const RUNS = [...testRun('a', 100, 200), ...testRun('b', 300, 400)];
const declared = { a: [{ cause: 'not served', why: 'it asks for port 81', atMost: 40 }] };

/** Of a node: what it had dropped when test a began, when b began, and at the end. */
const node = (name: string, ...counts: Record<string, number>[]): HistoryEvent[] =>
  [110, 310, 900].map((atMs, index) => drops(atMs, name, counts[index] ?? {}));
const IDLE = node('nlb2');

const verdict = (events: HistoryEvent[], by: DeclaredDrops = declared, setting = SETTING) =>
  told(declaredDrops.claim(setting, by), RUNS, events, OVER);

t.test('what a test declares may be dropped in it, as often as it says, by both nodes together', async (t) => {
  const [none, some] = [{ 'not served': 0 }, { 'not served': 40 }];
  t.equal(verdict([...node('nlb1', none, some, some), ...IDLE]), 'pass: nlb1, nlb2 dropped 40 as not served');
  t.equal(verdict([...node('nlb1'), ...IDLE]), 'pass: nlb1, nlb2 dropped nothing');
  const more = [...node('nlb1', none, some, some), ...node('nlb2', none, { 'not served': 1 }, { 'not served': 1 })];
  t.equal(verdict(more), 'fail: nlb1 dropped 40 and nlb2 dropped 1 as not served, in "a": 40 at most were declared');
  t.match(verdict(more, { a: [{ cause: 'not served', why: 'it asks' }] }), /^pass: .* 41 as not served/);
});

t.test('what it does not declare may not, nor what another one declares', async (t) => {
  t.equal(
    verdict([...node('nlb1', {}, { malformed: 1 }, { malformed: 1 }), ...IDLE]),
    'fail: nlb1 dropped 1 as malformed, in "a": no test declares that',
  );
  t.equal(
    verdict([...node('nlb1'), ...node('nlb2', {}, {}, { 'not served': 3 })]),
    'fail: nlb2 dropped 3 as not served, in "b": no test declares that',
  );
  t.match(verdict([...node('nlb1', {}, { DROPPED_ODD: 1 }), ...IDLE]), /^fail: nlb1 dropped 1 as DROPPED_ODD, in "a"/);
  t.match(verdict([...node('nlb1', { flooded: 1 }), ...IDLE]), /^fail: .* in the bringing up of the lab: no test/);
});

t.test('each of several runs of a test may drop as many', async (t) => {
  const again = [testRun('a', 100, 200), testRun('a', 300, 400)].flat();
  const counts = [{}, { 'not served': 40 }, { 'not served': 80 }];
  const claim = declaredDrops.claim(SETTING, declared);
  t.match(told(claim, again, node('nlb1', ...counts), IDLE, OVER), /^pass: .* 80 as not served/);
  t.match(
    told(claim, again, node('nlb1', {}, {}, { 'not served': 80 }), IDLE, OVER),
    /^fail: nlb1 dropped 80 .* 40 at/,
  );
});

t.test('where a daemon was stopped and began anew, both of its lives count', async (t) => {
  const stop = drops(150, 'nlb1', { 'not served': 25 }, { last: true });
  const lives = (later: number) => [
    drops(110, 'nlb1', {}),
    stop,
    drops(310, 'nlb1', { 'not served': later }, { life: '2' }),
    drops(900, 'nlb1', { 'not served': later }, { life: '2' }),
  ];
  t.match(verdict([...lives(15), ...IDLE]), /^pass: .* 40 as not served/);
  t.match(verdict([...lives(16), ...IDLE]), /^fail: nlb1 dropped 41 as not served/);
});

t.test('ordinary drops need no word, each where it is ordinary', async (t) => {
  t.match(
    verdict([
      ...node('nlb1'),
      ...node('nlb2', { 'ARP without lease': 7 }, { 'ARP without lease': 9 }, { 'ARP without lease': 9 }),
    ]),
    /^pass/,
  );
  t.match(verdict([...node('nlb1', { 'no server': 3 }, { 'no server': 3 }, { 'no server': 3 }), ...IDLE]), /^pass/);
  t.match(
    verdict([...node('nlb1', { 'no server': 3 }, { 'no server': 4 }), ...IDLE]),
    /^fail: nlb1 dropped 1 as no server/,
  );
  const places = SETTING.places.map((place) => ({ ...place, lan: 'access' }));
  const asked = [...node('nlb1', {}, {}, { 'ARP on the server side': 1 }), ...IDLE];
  t.match(verdict(asked), /^fail: nlb1 dropped 1 as ARP on the server side, in "b"/);
  t.match(verdict(asked, {}, { ...SETTING, places }), /^pass/);
  t.equal(new Set(ORDINARY_DROPS.map(({ cause, where }) => cause + where)).size, ORDINARY_DROPS.length);
});

t.test('what could not be read proves nothing, and excuses nothing', async (t) => {
  t.match(verdict(IDLE), /^unknown: nobody asked nlb1/);
  t.match(verdict([drops(110, 'nlb1', {}), ...IDLE]), /^unknown: nobody asked nlb1 what it had dropped after "b"/);
  t.match(verdict([drops(110, 'nlb1', {}), ...node('nlb2', {}, { malformed: 1 })]), /^fail: nlb2 dropped 1/);
});

t.test('what is dropped while the invariant is broken on purpose is not judged', async (t) => {
  const all = history(RUNS, node('nlb1', {}, {}, { malformed: 1 }), IDLE, OVER);
  const exempted = exemptedIn(all, 'b', [{ invariant: 'declared drops', why: 'we do' }]);
  t.equal(verdictOn(declaredDrops.claim(SETTING, {}), all).verdict, 'fail');
  const inTime = history(
    RUNS,
    drops(110, 'nlb1', {}),
    drops(350, 'nlb1', { malformed: 1 }),
    drops(900, 'nlb1', { malformed: 1 }),
    IDLE,
    OVER,
  );
  t.equal(verdictOn(except(exempted, declaredDrops.claim(SETTING, {})), inTime).verdict, 'pass');
});
