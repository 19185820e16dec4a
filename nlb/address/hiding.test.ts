import t from 'tap';
import { openHiding } from './hiding.ts';

function watched(left: string[] = []) {
  const done: string[] = [];
  let atMs = 0;
  const kernel = {
    hide: (address: string) => void done.push(`hide ${address}`),
    unhide: (address: string) => void done.push(`unhide ${address}`),
    list: () => left,
  };
  const hiding = openHiding(kernel, () => atMs);
  const pass = (wanted: string[]) => {
    hiding.hide(wanted);
    hiding.unhideOthers(wanted);
    return done.splice(0);
  };
  return { pass, later: (ms: number) => (atMs += ms) };
}

t.test('what is wanted is hidden, at once and again now and then; what no longer is, is shown', async (t) => {
  const { pass, later } = watched();
  t.same(pass(['a', 'b']), ['hide a', 'hide b']);
  later(100);
  t.same(pass(['a', 'b']), []);
  t.same(pass(['a', 'c']), ['hide c', 'unhide b'], 'a reload');
  later(1000);
  t.same(pass(['a', 'c']), ['hide a', 'hide c'], 'somebody may have taken them away');
  t.same(pass([]), ['unhide a', 'unhide c']);
});

t.test('what an earlier life has hidden is shown where it is no longer wanted', async (t) => {
  const { pass } = watched(['a', 'b']);
  t.same(pass(['b']), ['hide b', 'unhide a']);
});
