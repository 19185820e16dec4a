import t from 'tap';
import { ACCESS, advert, announce, SEEN, WAN } from './literal-adverts.ts';
import { OVER, standstill, told } from './literal-history.ts';
import { resignedInOrder } from './vrrp-resigned.ts';

const SUCCESSION = { withinMs: 81, toleranceMs: 20 };
const resigned = resignedInOrder({ legs: [ACCESS], ...SUCCESSION });
const resigns = (atMs: number, leg = ACCESS) => advert(atMs, 'fw1', leg, { priority: 0 });
const leads = (atMs: number, leg = ACCESS) => [...advert(atMs, 'fw2', leg), ...announce(atMs + 1, leg)];
const before = [...SEEN, ...advert(0, 'fw1'), ...advert(100, 'fw1')];

t.test('the master resigns, and the backup takes over within the bound', async (t) => {
  t.match(told(resigned, before, resigns(150), leads(211), OVER), /^pass: the master resigned on 1 legs/);
  t.match(told(resigned, before, resigns(150), leads(240), OVER), /^fail: fw2\/access advertised 90 ms after/);
  t.match(told(resigned, before, resigns(150), standstill(200, 215), leads(240), OVER), /^pass/, 'it stood still');
  t.match(told(resigned, before, resigns(150), advert(211, 'fw2'), OVER), /^fail: fw2\/access did not announce 10/);
  t.match(told(resigned, before, resigns(150), OVER), /^fail: fw2\/access never advertised/);
});

t.test('one that falls silent has not resigned, nor one that goes on', async (t) => {
  t.match(told(resigned, before, leads(161), OVER), /^fail: fw1\/access fell silent and did not resign/);
  t.match(told(resigned, before, resigns(150), leads(211), advert(250, 'fw1'), OVER), /^fail: fw1\/access fell silent/);
});

t.test('it resigns on every leg, and is succeeded on every leg', async (t) => {
  const both = resignedInOrder({ legs: [ACCESS, WAN], ...SUCCESSION });
  const begun = [...before, ...advert(100, 'fw1', WAN), ...resigns(150)];
  t.match(told(both, begun, resigns(151, WAN), leads(211), leads(212, WAN), OVER), /^pass: .* on 2 legs/);
  t.match(told(both, begun, leads(211), leads(212, WAN), OVER), /^fail: fw1\/wan fell silent/);
  t.match(told(both, begun, resigns(151, WAN), leads(211), leads(300, WAN), OVER), /^fail: fw2\/wan advertised 150 ms/);
});

t.test('what was not seen proves nothing', async (t) => {
  t.match(told(resigned, SEEN, leads(211), OVER), /^unknown: fw1\/access was not seen advertising/);
  t.match(told(resigned, advert(100, 'fw1'), resigns(150), leads(211), OVER), /^unknown: frames of access/);
  t.match(told(resigned, advert(100, 'fw1'), leads(211), OVER), /^unknown: frames of access/);
});
