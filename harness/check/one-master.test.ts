import t from 'tap';
import { ACCESS, advert, SEEN, WAN } from './literal-adverts.ts';
import { OVER, standstill, told } from './literal-history.ts';
import { oneMasterOnEveryLeg } from './one-master.ts';

const one = oneMasterOnEveryLeg({ legs: [ACCESS, WAN], silenceMs: 300, withinMs: 150 });

/** Advertisements of a firewall on a leg, 100 ms apart, from then until then. */
const leads = (node: 'fw1' | 'fw2', fromMs: number, untilMs: number, leg = ACCESS) =>
  Array.from({ length: 1 + (untilMs - fromMs) / 100 }, (_, index) => advert(fromMs + 100 * index, node, leg)).flat();
const both = (node: 'fw1' | 'fw2', fromMs: number, untilMs: number) => [
  ...leads(node, fromMs, untilMs),
  ...leads(node, fromMs + 1, untilMs + 1, WAN),
];

t.test('one firewall is master on every leg, and then the other', async (t) => {
  t.match(told(one, SEEN, both('fw1', 0, 300), both('fw2', 361, 861), OVER), /^pass: never two of them at a time: fw1/);
  const back = both('fw1', 900, 1500);
  t.match(told(one, SEEN, both('fw1', 0, 300), both('fw2', 361, 961), back, OVER), /^pass/, 'and back');
});

t.test('two on one leg, or one on each, are too many', async (t) => {
  const apart = [...leads('fw1', 0, 300), ...leads('fw1', 1, 901, WAN), ...both('fw2', 961, 1261)];
  const split = /^fail: fw2\/access and fw1\/wan were both master for 340 ms/;
  t.match(told(one, SEEN, apart, leads('fw2', 561, 861), OVER), split);
  const two = [...both('fw1', 0, 900), ...leads('fw2', 361, 861)];
  t.match(told(one, SEEN, two, OVER), /^fail: fw1\/access and fw2\/access were both master for 500 ms/);
});

t.test('for as long as one has not heard the other they may, and while the machine stood still', async (t) => {
  const crossing = [...both('fw1', 0, 500), ...both('fw2', 361, 861)];
  t.match(told(one, SEEN, crossing, OVER), /^pass/);
  const longer = [...both('fw1', 0, 600), ...both('fw2', 361, 861)];
  t.match(told(one, SEEN, longer, OVER), /^fail: fw1\/access and fw2\/access were both master for 239 ms/);
  t.match(told(one, SEEN, longer, standstill(400, 500), OVER), /^pass/);
});

t.test('one that resigns, or was silent for long, is master no more', async (t) => {
  const resigned = advert(600, 'fw1', ACCESS, { priority: 0 });
  t.match(told(one, SEEN, both('fw1', 0, 300), both('fw2', 361, 1461), resigned, OVER), /^pass/);
  const returned = [...both('fw2', 700, 1100), ...both('fw1', 1200, 1500)];
  t.match(told(one, SEEN, both('fw1', 0, 300), returned, OVER), /^pass/);
});

t.test('what was not seen proves nothing, and excuses nothing', async (t) => {
  t.match(told(one, SEEN, both('fw1', 0, 300), OVER), /^unknown: fw2\/access was not seen as master/);
  t.match(told(one, both('fw1', 0, 300), both('fw2', 361, 861), OVER), /^unknown: frames of access/);
  t.match(told(one, both('fw1', 0, 900), both('fw2', 361, 861), OVER), /^fail/);
});
