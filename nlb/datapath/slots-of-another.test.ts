import t from 'tap';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import type { Datapath } from './datapath.ts';
import { CLUSTER, makeInterfaces, rowOf, tables, withoutSlots } from './kit/rig.ts';
import { openEmpty as open } from './kit/send.ts';
import { CONSTANTS } from './program/layout.ts';
import { held } from './tables/slot.ts';

/** Selections that another thread writes: those of services without slots. */

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const [DNS, WEB] = [`udp ${CLUSTER}:53`, `tcp ${CLUSTER}:80`];
const contents = (datapath: Datapath): number[][] => datapath.actual().services.map(({ slots }) => [...new Set(slots)]);

/** By memory of its own, as another thread does. */
function writeBeside(datapath: Datapath, pool: string, content: number): void {
  const slots = Array.from({ length: CONSTANTS.SELECTION_SLOTS }, (_, slot) => ({ slot, content }));
  datapath.heldFlows?.().putSlots(rowOf(datapath, pool), slots);
}

t.test('they stay as the other has written them, and are read as they are', async (t) => {
  const datapath = open(t);
  datapath.apply(tables());
  t.same(datapath.apply(withoutSlots(tables())), []);
  t.same(contents(datapath), [[0], [1]], 'at first as they were');
  writeBeside(datapath, WEB, held(0));
  t.same(contents(datapath), [[0], [held(0)]]);
  t.same(datapath.apply(withoutSlots(tables())), []);
  t.same(contents(datapath), [[0], [held(0)]]);
  writeBeside(datapath, WEB, 1);
  t.same(contents(datapath), [[0], [1]]);
});

t.test('where slots are wanted again, they are compared with what the other has left', async (t) => {
  const [datapath, wanted] = [open(t), tables()];
  datapath.apply(wanted);
  datapath.apply(withoutSlots(wanted));
  writeBeside(datapath, WEB, held(0));
  t.match(datapath.apply(wanted), [{ table: 'selections', change: 'changed', subject: WEB }]);
  t.same(datapath.actual(), wanted);
});

t.test('a new row has nobody, whatever it had for others', async (t) => {
  const datapath = open(t);
  const without = withoutSlots(tables());
  const [dns, web] = without.services;
  if (!dns || !web) throw new Error('the rig has two services');
  datapath.apply({ ...tables(), services: tables().services.slice(0, 1) });
  datapath.apply({ ...without, services: [] });
  t.match(datapath.apply({ ...without, services: [web] }), [
    { table: 'selections', change: 'added', subject: WEB },
    { table: 'services', change: 'added', subject: WEB },
  ]);
  t.equal(rowOf(datapath, WEB), 0, 'the row of before');
  t.same(contents(datapath), [[-1]]);
  writeBeside(datapath, WEB, 1);
  datapath.apply(without);
  t.same(contents(datapath), [[-1], [1]], 'the other pool keeps what it has');
});

t.test('each pool tells its row and the numbers of its services', async (t) => {
  const datapath = open(t);
  t.same(datapath.poolRows?.(), new Map());
  datapath.apply(tables());
  t.same(
    datapath.poolRows?.(),
    new Map([
      [DNS, { row: 0, services: new Map([[DNS, 0]]) }],
      [WEB, { row: 1, services: new Map([[WEB, 1]]) }],
    ]),
  );
  const services = withoutSlots(tables()).services.map((service) => ({ ...service, pool: 'both' }));
  datapath.apply({ ...tables(), services: services.toReversed() });
  t.same(
    datapath.poolRows?.(),
    new Map([
      [
        'both',
        {
          row: 1,
          services: new Map([
            [DNS, 0],
            [WEB, 1],
          ]),
        },
      ],
    ]),
    'the row that its first service had',
  );
});

t.test('a pool has its slots from one or from the other', async (t) => {
  const datapath = open(t);
  const [dns, web] = tables().services.map((service) => ({ ...service, pool: 'both' }));
  if (!dns || !web) throw new Error('the rig has two services');
  const { slots: _, ...without } = dns;
  t.throws(() => datapath.apply({ ...tables(), services: [without, web] }), /both is a pool with two selections/);
});
