import t from 'tap';
import { shown, told } from '../literal-history.ts';
import { SETTING } from './literal-setting.ts';
import { AFTER_SYSTEM, BEFORE_SYSTEM, NOT_ENDED, nothingLeft } from './nothing-left.ts';

const list = (atMs: number, what: string, node: string, ...lines: string[]) => {
  return { kind: 'act' as const, atNs: atMs * 1e6, what, node, detail: lines.join('\n') };
};
const BEFORE = ['nlb1', 'nlb2'].map((node) =>
  list(1, BEFORE_SYSTEM, node, 'access inet 10.77.1.11/24', 'table ip own'),
);

t.test('a system that was stopped leaves nothing', async (t) => {
  const claim = nothingLeft.claim(SETTING);
  const after = (node: string, ...lines: string[]) =>
    list(900, AFTER_SYSTEM, node, 'access inet 10.77.1.11/24', ...lines);
  t.match(told(claim, BEFORE, after('nlb1'), after('nlb2')), /^pass: nothing is left on nlb1, nlb2/);
  t.match(told(claim, BEFORE, after('nlb1'), after('nlb2', 'access: xdp 17')), /^fail: nlb2 still has access: xdp 17/);
  t.match(told(claim, BEFORE, after('nlb1', 'lo inet 203.0.113.10/32'), after('nlb2')), /^fail: nlb1 still has lo/);
  t.match(told(claim, BEFORE, after('nlb1', 'a', 'b'), after('nlb2')), /^fail: nlb1 still has a, b$/);
  t.same(shown(claim, BEFORE, after('nlb1', 'a'), after('nlb2')), ['act 1', 'act 900']);
  t.same(shown(claim, BEFORE, after('nlb1'), after('nlb2')), ['act 900', 'act 900']);
  const { detail, ...bare } = list(900, AFTER_SYSTEM, 'nlb2');
  t.match(told(claim, BEFORE, after('nlb1'), { ...bare, detail }), /^pass/, 'nothing is as good as an empty line');
  t.match(told(claim, BEFORE, after('nlb1'), bare), /^pass/);
  t.match(told(claim, BEFORE, after('nlb1', 'table ip own'), after('nlb2')), /^pass/, 'what was there before may stay');
  t.match(told(claim, BEFORE, after('nlb1')), /^unknown: nobody looked at nlb2 after.*: it did not run$/);
  const failed = list(800, NOT_ENDED, 'nlb2', 'it hangs');
  t.match(told(claim, BEFORE, after('nlb1'), failed), /^unknown: nobody looked at nlb2 after.*: it hangs$/);
  t.match(told(claim, after('nlb1'), after('nlb2')), /^unknown: nobody looked at nlb1 before/);
});

t.test('stored histories are judged by the words that they were written with', async (t) => {
  t.equal(BEFORE_SYSTEM, 'list what stands before the system starts');
  t.equal(AFTER_SYSTEM, 'list what stands after the system has stopped');
  t.equal(NOT_ENDED, 'the lab could not be ended');
});
