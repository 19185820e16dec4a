import t from 'tap';
import { mustKnow, readCatalogue, UnknownRequirement } from './catalogue.ts';

const catalogue = readCatalogue();

t.test(
  'the catalogue is complete: its families have the numbers that they are known to have, without gaps',
  async (t) => {
    const expected = { ADDR: 5, ALIAS: 11, ARP: 16, ROUTE: 4, FWD: 14, BAL: 9, HA: 22, VRRP: 5 };
    const ids = Object.entries(expected).flatMap(([family, count]) =>
      Array.from({ length: count }, (_, index) => `${family}-${index + 1}`),
    );
    t.same(
      catalogue.requirements.map(({ id }) => id),
      ids,
    );
  },
);

t.test('every requirement says who must do what, where it comes from, and what a test looks at', async (t) => {
  const arp3 = catalogue.requirements.find(({ id }) => id === 'ARP-3');
  t.match(arp3, { family: 'ARP', subject: 'the system', source: 'P C3', text: /^broadcast, on becoming active/ });
  t.equal(catalogue.requirements.find(({ id }) => id === 'VRRP-1')?.subject, 'the firewall pair');
});

t.test('every claim is proved by requirements of the catalogue, and the last two by all of them', async (t) => {
  t.same(Object.keys(catalogue.claims), ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8']);
  t.same(catalogue.claims.C1, ['ADDR-1', 'ALIAS-1', 'ALIAS-3', 'ALIAS-4']);
  t.equal(catalogue.claims.C8?.length, catalogue.requirements.length);
});

t.test('a requirement that has its source in a claim is among those that prove it', async (t) => {
  for (const { id, source } of catalogue.requirements)
    for (const [claim] of source.matchAll(/\bC\d\b/g)) t.ok(catalogue.claims[claim]?.includes(id), `${id}: ${source}`);
});

t.test('an id that does not exist is an error that names the nearest', async (t) => {
  t.doesNotThrow(() => mustKnow(catalogue, ['ARP-1', 'HA-16 killed'], 'the suite arp'));
  const wrong = () => mustKnow(catalogue, ['ARP-1', 'ALAS-2', 'arp-17'], 'the suite arp');
  t.throws(wrong, UnknownRequirement);
  t.throws(wrong, { message: /^the suite arp names .*: ALAS-2 \(nearest: ALIAS-2, .*\); arp-17 \(nearest: ARP-1, / });
});

const ONE = (id: string, body = 'source: OWN, text: do it, observed: seen') => `
families: { ARP: { title: addresses, subject: the system, requirements: { ${id}: { ${body} } } } }
claims: { C1: [ARP-1] }`;

t.test('a catalogue with a mistake is refused, saying what is wrong', async (t) => {
  t.equal(readCatalogue(ONE('ARP-1')).requirements.length, 1);
  const table: [why: string, text: string, message: RegExp][] = [
    ['an id named twice', ONE('ARP-1: { source: OWN, text: do, observed: see }, ARP-1'), /unique/i],
    ['an id in another family', ONE('HA-1'), /HA-1 stands in the family ARP/],
    ['an id that is none', ONE('ARP-01'), /ARP-01/],
    ['a source that is none', ONE('ARP-1', 'source: ours, text: do it, observed: seen'), /source/],
    ['a field too few', ONE('ARP-1', 'source: OWN, text: do it'), /observed/],
    ['a field too many', ONE('ARP-1', 'source: OWN, text: do it, observed: seen, note: x'), /note/],
    ['an aspect alone', ONE('ARP-1', 'source: OWN, text: do it, observed: seen, aspects: [a b]'), /aspects/],
    [
      'an aspect named twice',
      ONE('ARP-1', 'source: OWN, text: do it, observed: seen, aspects: [a b, c d, a b]'),
      /twice/,
    ],
    [
      'an exception of what is no aspect',
      ONE('ARP-1', 'source: OWN, text: do it, observed: seen, aspects: [a b, c d], notBrief: { ab: it is long }'),
      /no aspect/,
    ],
    [
      'an exception without a reason',
      ONE('ARP-1', 'source: OWN, text: do, observed: see, aspects: [a b, c d], notBrief: { a b: "" }'),
      /notBrief/,
    ],
    ['a claim proved by nothing known', ONE('ARP-2'), /claim C1 names .*ARP-1 \(nearest: ARP-2\)/],
  ];
  for (const [why, text, message] of table) t.throws(() => readCatalogue(text), { message }, why);
});
