import fc from 'fast-check';
import t from 'tap';
import { loadPlan } from '../topology/load.ts';
import type { Plan } from '../topology/plan.ts';
import { badLabName } from './lab-name.ts';
import { labNames } from './names.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** Few letters, and words that mean something, so that the generated names come close to each other. */
const text = (first: string, rest: string, maxLength: number) =>
  fc
    .tuple(fc.constantFrom(...first), fc.string({ unit: fc.constantFrom(...rest), maxLength: maxLength - 1 }))
    .map(([head, tail]) => head + tail);
const labName = fc.oneof(fc.constantFrom('lan', 'a', 'a-lan', 'a-b', 'ov', 'ov-a'), text('ab0', 'ab0-', 32));
const nodeName = fc.oneof(fc.constantFrom('lan', 'a', 'lan-a', 'b', 'ov'), text('ab', 'ab0-', 15));
const plan = fc
  .record({
    nodes: fc.uniqueArray(nodeName, { minLength: 1, maxLength: 4 }),
    lans: fc.uniqueArray(nodeName, { maxLength: 3 }),
  })
  .map(({ nodes, lans }) => ({ nodes: nodes.map((name) => ({ name })), segments: lans.map((lan) => ({ lan })) }));

t.test('the names of two labs never meet, nor those of a node and a LAN in one', async (t) => {
  const property = fc.property(
    fc.uniqueArray(labName, { minLength: 2, maxLength: 2 }),
    plan,
    plan,
    (labs, one, two) => {
      const [first = '', second = ''] = labs;
      if (badLabName(first) || badLabName(second)) return false;
      // A name looks at nothing else of a plan.
      const all = [...labNames(first, one as Plan).all(), ...labNames(second, two as Plan).all()];
      return new Set(all).size === all.length;
    },
  );
  const outcome = fc.check(property, { numRuns: 2000 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);
});

t.test('no name of a lab begins the name of a namespace of another', async (t) => {
  const property = fc.property(
    fc.uniqueArray(labName, { minLength: 2, maxLength: 2 }),
    plan,
    ([one = '', two = ''], made) => {
      return labNames(two, made as Plan)
        .all()
        .every((name) => !name.startsWith(labNames(one, made as Plan).node('')));
    },
  );
  const outcome = fc.check(property, { numRuns: 500 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);
});

t.test('namespaces are called after the lab and the node or LAN', async (t) => {
  const names = labNames('demo', loadPlan('invention-flat', { servers: 1 }));
  t.equal(names.node('nlb1'), 'ov-demo.nlb1');
  t.equal(names.lan('access'), 'ov-demo.lan.access');
  t.same(names.all().slice(-2), ['ov-demo.lan.wan', 'ov-demo.lan.access']);
});

t.test('what cannot be a lab’s name is refused', async (t) => {
  const good = ['a', '0', 'demo-1', `${LETTERS}-12345`];
  const bad = ['', '-a', 'a.b', 'a/b', '..', 'A', 'a b', 'a_b', 'ä', 'a\n', `${LETTERS}-1234567`];
  for (const name of good) t.equal(badLabName(name), undefined, name);
  for (const name of bad) t.match(badLabName(name), 'cannot name a lab: use 1 to 32 of a-z, 0-9 and -', name);
});
