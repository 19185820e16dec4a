import t from 'tap';
import { linkFacts } from './link-facts.ts';

const FIRST = ['access', 'server'];
const link = (ifindex: number, running = true) => ({ ifindex, running, mac: '02:00:00:00:00:01' });
const seen = (links: Record<string, ReturnType<typeof link> | undefined>) => new Map(Object.entries(links));
const sound = { access: link(1), server: link(2), bond1: link(3) };
const attached = { access: 1, server: 2, bond1: 3 };

t.test('a node is sound whose links all run, with the data path on each', async (t) => {
  const nothing = { downLinks: [], unguarded: [], absent: [] };
  t.same(linkFacts(seen(sound), FIRST, attached), nothing);
  t.same(linkFacts(seen({ ...sound, bond1: link(3, false) }), FIRST, attached), nothing, 'a further one may be down');
  t.same(linkFacts(seen(sound), FIRST, undefined), nothing, 'before the data path is there');
});

t.test('links that are down or away, and interfaces without the data path, are named', async (t) => {
  t.match(linkFacts(seen({ ...sound, access: link(1, false) }), FIRST, attached), {
    downLinks: ['access'],
    unguarded: [],
  });
  t.match(linkFacts(seen({ ...sound, server: undefined }), FIRST, attached), { downLinks: ['server'], absent: [] });
  t.match(linkFacts(seen({ ...sound, bond1: undefined }), FIRST, attached), { downLinks: [], absent: ['bond1'] });
  t.match(linkFacts(seen({ ...sound, access: link(7) }), FIRST, attached), { unguarded: ['access'] }, 'made anew');
  t.match(linkFacts(seen(sound), FIRST, { access: 1, server: 2 }), { unguarded: ['bond1'] }, 'it refused');
});
