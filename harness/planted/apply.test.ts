import t from 'tap';
import { changedFiles, changesProgram } from './apply.ts';
import type { PlantedBug } from './bug.ts';

const bug = (...edits: PlantedBug['edits']): PlantedBug => {
  return { name: 'it', title: 'it is wrong', breaks: 'ARP-2', in: 'brief', edits };
};
const edit = (replace: string, replacement: string, file = 'nlb/a.ts') => ({ file, replace, with: replacement });
const read = (file: string) => ({ 'nlb/a.ts': 'one two three\n', 'nlb/b.ts': 'four\nfour\n' })[file];

t.test('edits change what they name and nothing else, those of one file one after the other', async (t) => {
  const changed = changedFiles(bug(edit('two', '2'), edit('one 2', '1 2'), edit('four\nfour', '$&', 'nlb/b.ts')), read);
  t.same(Object.fromEntries(changed), { 'nlb/a.ts': '1 2 three\n', 'nlb/b.ts': '$&\n' });
});

const BAD = [
  ['is not there', edit('five', '5'), 'occurs 0 times in nlb/a.ts, not once: "five"'],
  ['is there twice', edit('four', '4', 'nlb/b.ts'), 'occurs 2 times in nlb/b.ts'],
  ['is in no file', edit('one', '1', 'nlb/c.ts'), 'there is no nlb/c.ts'],
  ['stays as it is', edit('one', 'one'), 'it changes nothing'],
] as const;

for (const [what, wrong, says] of BAD) {
  t.test(`an edit whose text ${what} is refused, with the file of the bug and what to do`, async (t) => {
    const apply = () => changedFiles(bug(edit('two', '2'), wrong), read);
    t.throws(apply, { name: 'BadPlantedBug', message: `harness/planted/it.yaml, edit 2: ` });
    t.throws(apply, { message: says });
    t.throws(apply, { message: 'Write the edit anew for the code as it is now, or remove the planted bug.' });
  });
}

t.test('the eBPF objects are built anew where their source changes, and only there', async (t) => {
  t.ok(changesProgram(bug(edit('', '', 'nlb/a.ts'), edit('', '', 'nlb/datapath/program/arp.bpf.h'))));
  t.ok(changesProgram(bug(edit('', '', 'nlb/datapath/program/datapath.bpf.c'))));
  t.notOk(changesProgram(bug(edit('', '', 'nlb/datapath/program/layout.ts'))));
});
