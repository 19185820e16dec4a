import t from 'tap';
import type { Desired } from './desired.ts';
import { placedInStep } from './placed-in-step.ts';
import type { Pool } from './pools.ts';

const POOL = 'tcp 203.0.113.10:80';
const pools = [
  {
    name: POOL,
    services: [],
    members: [{ id: 4, name: 'a', address: '10.77.2.21', weight: 2, draining: false, verdict: '' }],
  },
] satisfies Pool[];
const wanted = (kept: boolean) =>
  ({
    tables: {
      services: [{ protocol: 'tcp', address: '203.0.113.10', port: 80 }],
      servers: [{ id: 4, address: '10.77.2.21', kept }],
    },
  }) as unknown as Desired;

function scene() {
  const said: unknown[] = [];
  const datapath = {
    mode: 'xdp' as 'xdp' | 'tc',
    poolRows: () => new Map([[POOL, { row: 3, services: new Map([[POOL, 0]]) }]]),
  };
  const parts = () => ({ mode: datapath.mode, program: 9 }) as never;
  let isPlaced = true;
  const inStep = {
    configured: (...all: unknown[]) => said.push(['configured', ...all]),
    servers: (servers: unknown) => said.push(['servers', servers]),
    weights: (weights: unknown) => said.push(['weights', weights]),
    useMode: (inUse: unknown) => said.push(['mode', inUse]),
    isPlaced: () => isPlaced,
  };
  const placing = placedInStep(
    {
      ...datapath,
      get mode() {
        return datapath.mode;
      },
      heldFlowsParts: parts,
    },
    inStep,
  );
  const now = (): unknown[] => said.splice(0);
  return {
    placing,
    datapath,
    now,
    place: (value: boolean) => {
      isPlaced = value;
    },
  };
}

const shelf = (placing: ReturnType<typeof placedInStep>) => placing.openShelf(pools[0]?.members ?? []);

t.test('weights wait until the data path has the pools, and are placed when the thread says so', async (t) => {
  const { placing, now, place } = scene();
  const weights = shelf(placing).find(Uint8Array.of(1)) ?? new Int32Array();
  t.same([...weights], [2]);
  t.equal(shelf(placing).find(Uint8Array.of(0))?.[0], 0, 'who is not chosen has none');
  placing.place(new Map([[POOL, weights]]));
  t.same([now(), placing.isPlaced()], [[], false]);
  placing.written(wanted(true), pools);
  t.match(now(), [
    [
      'configured',
      { pools: [{ name: POOL, row: 3, members: [{ name: 'a' }] }], services: [{ number: 0, pool: POOL }] },
      [{ address: '10.77.2.21', id: 4, isGone: false }],
    ],
    ['weights', [{ pool: POOL, weights: [2] }]],
  ]);
  t.ok(placing.isPlaced());
  place(false);
  t.notOk(placing.isPlaced());
});

t.test('the thread is told what has changed, and nothing else', async (t) => {
  const { placing, datapath, now } = scene();
  placing.written(wanted(true), pools);
  now();
  placing.written(wanted(true), pools);
  t.same(now(), []);
  placing.written(wanted(false), pools);
  t.same(now(), [['servers', [{ address: '10.77.2.21', id: 4, isGone: true }]]]);
  datapath.mode = 'tc';
  placing.written(wanted(false), pools);
  t.match(now(), [['mode', { mode: 'tc', program: 9 }]]);
  placing.written(wanted(false), [...pools]);
  t.match(now(), [['configured']], 'another configuration');
});
