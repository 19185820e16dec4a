import t from 'tap';
import { BadPlantedBug, parseBug } from './bug.ts';

const GOOD = `
title: the standby answers
breaks: ARP-2
in: brief
edits:
  - file: nlb/pair/role.ts
    replace: 'one'
    with: ''
`;

t.test('a planted bug is read as it is written, with the name of its file', async (t) => {
  t.same(parseBug('standby-answers', GOOD), {
    name: 'standby-answers',
    title: 'the standby answers',
    breaks: 'ARP-2',
    in: 'brief',
    edits: [{ file: 'nlb/pair/role.ts', replace: 'one', with: '' }],
  });
});

const BAD = {
  'another depth': ['in: brief', 'in: long', 'in'],
  'no id': ['ARP-2', 'ARP', 'an id of suites/requirements.yaml'],
  'the harness instead of the load balancer': ['nlb/pair', 'harness/check', 'a file of the load balancer'],
  'a way out of the load balancer': ['nlb/pair', 'nlb/../harness', 'a file of the load balancer'],
  'nothing to replace': ["'one'", "''", 'edits[0].replace'],
  'a field that does not exist': ['in: brief', 'in: brief\nsuites: [arp]', 'suites'],
  'no YAML': ['title: ', 'title: "', 'is no YAML'],
} as const;

for (const [what, [from, to, says]] of Object.entries(BAD)) {
  t.test(`${what} is refused, with the file and the place`, async (t) => {
    const text = GOOD.replace(from, to);
    t.not(text, GOOD);
    try {
      parseBug('it', text);
      t.fail('was read');
    } catch (error) {
      t.type(error, BadPlantedBug);
      t.match(String(error), 'harness/planted/it.yaml');
      t.match(String(error), says);
    }
  });
}
