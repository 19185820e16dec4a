import fc from 'fast-check';
import t from 'tap';
import { findEach } from '../../search/find-each.ts';
import { foundHistories } from './found.ts';
import { type History, happen, histories } from './history.ts';
import { broken, brokenInSync, sound } from './machine.ts';
import { SIDES } from './network.ts';
import type { Machine } from './surroundings.ts';

/** That the model finds what is wrong. A file of its own, so that the two run at the same time. */
t.setTimeout(900_000);

/** For the rarest this seed needs some 7,900 histories. */
const SEARCH = { seed: 3, mostHistories: 10_000, examples: foundHistories() };

/** What the sound machine breaks as well says nothing of the broken one. @param sync which nodes take part in that */
const lawfulAsSound = (machine: Machine, sync: History['sync']) =>
  fc.property(histories, (any) => {
    const history = { ...any, sync };
    const isBroken = happen(history, machine).broken !== undefined;
    if (isBroken && happen(history, sound).broken === undefined)
      throw new Error('only the broken machine breaks a law');
  });

t.test('a broken machine breaks a law, in a history in which the sound one breaks none', async (t) => {
  const find = (name: string, machines: typeof broken, sync: History['sync']) =>
    findEach(t, { ...SEARCH, file: new URL(`./${name}.json`, import.meta.url) }, machines, (machine) =>
      lawfulAsSound(machine, sync),
    );
  find('found-in-sync', brokenInSync, SIDES);
  find('found-alone', broken, []);
});
