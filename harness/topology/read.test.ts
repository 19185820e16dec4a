import fc from 'fast-check';
import t from 'tap';
import { badAddresses } from './bad-addresses.ts';
import { badNodes } from './bad-nodes.ts';
import { badPairs } from './bad-pairs.ts';
import { badShapes } from './bad-shapes.ts';
import { small, withChange } from './bad-topology.ts';
import { formatProblems } from './problem.ts';
import { readTopology } from './read.ts';

function problemsOf(text: string, options = {}): string[] {
  const read = readTopology(text, 'f.yaml', options);
  return 'plan' in read ? [] : formatProblems(read.problems).split('\n');
}

t.test('a topology with nothing wrong has no problems', async (t) => {
  t.same(problemsOf(small), []);
});

for (const { title, change, problems } of [...badShapes, ...badAddresses, ...badNodes, ...badPairs]) {
  t.test(`${title} is reported at its place`, async (t) => {
    const expected = problems.map((problem) => `f.yaml:${problem}`);
    t.same(problemsOf(withChange(change)), expected);
  });
}

t.test('every problem of a text is reported at once, in the order of the text', async (t) => {
  const text = withChange([
    ['10.77.2.0/28', '10.77.2.1/28'],
    ['port: 80', 'port: 0'],
    ['id: 51', 'id: 300'],
    ['kind: client,', 'kind: clint,'],
    ['priority: 100', 'priority: high'],
    ['count: 3', 'counted: true'],
    ['via: 10.77.2.11', 'via: nowhere'],
  ]);
  t.same(problemsOf(text), [
    'f.yaml:5:21: 10.77.2.1/28 has host bits set (the subnet is 10.77.2.0/28)',
    'f.yaml:9:42: port must be a whole number from 1 to 65535, not 0',
    'f.yaml:13:46: id must be a whole number from 1 to 255, not 300',
    'f.yaml:16:19: kind must be one of client, server, router, firewall, nlb',
    'f.yaml:20:33: priority must be a number',
    'f.yaml:23:3: "server" is the name of a segment already',
    'f.yaml:25:5: unknown key "counted"',
    'f.yaml:29:29: "nowhere" is not a next hop (nlbs, vrrp.SEGMENT, or an address)',
  ]);
});

t.test('the number of servers can be chosen', async (t) => {
  const read = readTopology(small, 'f.yaml', { servers: 5 });
  const servers = 'plan' in read ? read.plan.nodes.filter(({ kind }) => kind === 'server') : [];
  t.same(
    servers.map(({ name, legs }) => `${name} ${legs[0]?.address} ${legs[0]?.mac}`),
    [
      'server1 10.77.2.1/28 02:00:03:00:00:01',
      'server2 10.77.2.2/28 02:00:03:00:00:02',
      'server3 10.77.2.3/28 02:00:03:00:00:03',
      'server4 10.77.2.4/28 02:00:03:00:00:04',
      'server5 10.77.2.5/28 02:00:03:00:00:05',
    ],
  );
});

t.test('a number of servers that cannot be is a problem', async (t) => {
  t.same(problemsOf(small, { servers: 0 }), ['f.yaml:25:12: count must be a whole number from 1 to 1000, not 0']);
  t.match(problemsOf(small, { servers: 20 })[0], /^f.yaml:25:12: the count runs out of 10.77.2.0\/28/);
  const uncounted = withChange([
    ['  server:\n    kind', '  web:\n    kind'],
    ['    count: 3\n', ''],
  ]);
  t.same(problemsOf(uncounted, { servers: 2 }), [
    'f.yaml:15:1: a number of servers (2) cannot be chosen here: no server has a count',
  ]);
});

t.test('no text makes the reader throw', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    '- ',
    '\n',
    ' ',
    '"',
    '*a',
    '&a ',
    '10.0.0.0/8',
    'null',
    '-1',
    '<<: ',
    '!x ',
  );
  const cut = fc.record({
    at: fc.nat(small.length),
    length: fc.nat(40),
    piece: fc.oneof(piece, fc.string({ maxLength: 8 })),
  });
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (cuts) => {
      const text = cuts.reduce((s, c) => s.slice(0, c.at) + c.piece + s.slice(c.at + c.length), small);
      const read = readTopology(text, 'f.yaml');
      return 'plan' in read || (read.problems.length > 0 && read.problems.every((p) => p.line >= 1 && p.column >= 1));
    }),
    { numRuns: 500 },
  );
});
