import t from 'tap';
import { differenceLogged } from './difference.ts';
import { act, logged, told } from './literal-history.ts';

const [SKEW, MEND] = [act(100, 'skew'), act(400, 'mend')];
const OPTIONS = {
  node: 'nlb2',
  reading: 'a',
  sections: ['servers'],
  skew: { what: 'skew' },
  mend: { what: 'mend' },
};
const check = differenceLogged(OPTIONS);
const line = (index: number, monotonicMs: number, differs: string[]) =>
  logged(index, { seq: index + 1, time: '2026-11-26T07:10:00.230Z', event: 'configuration', monotonicMs, differs });

t.test('what differs is named, and so is the end of it', async (t) => {
  const [named, over] = [line(1, 200, ['servers']), line(2, 500, [])];
  t.match(told(check, SKEW, MEND, named, over), /^pass: nlb2 logged that servers differ, and when that was over/);
  t.match(told(check, SKEW, MEND, line(0, 50, ['services']), named, over), /^pass/, 'what was before is not meant');
  t.match(told(check, SKEW, MEND), /^fail: nlb2 logged nothing/);
  t.match(told(check, SKEW, MEND, line(1, 100, ['servers']), line(2, 400, [])), /^pass/, 'at that very moment');
  const both = differenceLogged({ ...OPTIONS, sections: ['servers', 'services'] });
  t.match(told(both, SKEW, MEND, line(1, 200, ['servers', 'services']), over), /^pass: .* servers and services differ/);
  t.match(told(check, SKEW, MEND, named), /^fail: nlb2 logged \["servers"\]; wanted/);
  t.match(told(check, SKEW, MEND, line(1, 200, ['services']), over), /^fail: nlb2 logged \["services"\], then \[\]/);
  t.match(told(check, SKEW, MEND, named, line(2, 300, [])), /^fail: nlb2 said too early/);
  t.match(told(check, SKEW, named, over), /^unknown: "mend" was not done/);
});
