import type { Datapath } from '../datapath/datapath.ts';
import type { PoolRow } from '../datapath/tables/pool-rows.ts';
import { nameOfService, poolOf, type ServerEntry, type ServiceEntry } from '../datapath/tables/tables.ts';
import type { Configured, ConfiguredPool, ServerSeen } from '../in-step/configured.ts';
import type { InStepHandle } from '../in-step/handle.ts';
import type { Pool } from './pools.ts';
import type { SlotPlacing } from './slot-placing.ts';
import { openWeightShelf } from './weight-shelf.ts';

/** By the thread that keeps the pair in step. What it is told waits until the data path has the pools that it is about. */
export function placedInStep(
  datapath: Pick<Datapath, 'mode' | 'poolRows' | 'heldFlowsParts'>,
  inStep: Pick<InStepHandle, 'configured' | 'servers' | 'weights' | 'isPlaced' | 'useMode'>,
): SlotPlacing {
  let { mode } = datapath;
  /** Of what the thread was told last. The pools are other ones only where the configuration is. */
  let configured: readonly Pool[] | undefined;
  let seen = '';
  let waiting = new Map<string, Int32Array>();
  const tellWeights = (): void => {
    if (!configured || waiting.size === 0) return;
    inStep.weights(Array.from(waiting, ([pool, weights]) => ({ pool, weights: [...weights] })));
    waiting = new Map();
  };
  const followMode = (): void => {
    if (datapath.mode === mode) return;
    mode = datapath.mode;
    const parts = datapath.heldFlowsParts?.();
    if (parts) inStep.useMode(parts);
  };
  return {
    openShelf: openWeightShelf,
    hasSlots: false,
    sharesPools: false,
    renumbers: true,
    place: (changed) => {
      for (const [pool, weights] of changed) waiting.set(pool, weights);
      tellWeights();
      return [];
    },
    written: ({ tables: { services, servers } }, pools) => {
      followMode();
      const list = servers.map(seenOf);
      const now = JSON.stringify(list);
      if (pools !== configured) inStep.configured(configuredBy(datapath, services, pools), list);
      else if (now !== seen) inStep.servers(list);
      [configured, seen] = [pools, now];
      tellWeights();
    },
    isPlaced: () => waiting.size === 0 && inStep.isPlaced(),
  };
}

const seenOf = ({ address, id, kept }: ServerEntry): ServerSeen => ({ address, id, isGone: !kept });

function configuredBy(
  datapath: Pick<Datapath, 'poolRows'>,
  services: readonly ServiceEntry[],
  pools: readonly Pool[],
): Configured {
  const rows: ReadonlyMap<string, PoolRow> = datapath.poolRows?.() ?? new Map();
  const numbers = new Map([...rows.values()].flatMap(({ services }) => [...services]));
  return {
    pools: pools.flatMap(({ name, members }): ConfiguredPool[] => {
      const row = rows.get(name)?.row;
      const named = members.map(({ name, address }) => ({ name, address }));
      return row === undefined ? [] : [{ name, row, members: named }];
    }),
    services: services.flatMap((service) => {
      const { address, protocol, port, persistence } = service;
      const number = numbers.get(nameOfService(service));
      if (number === undefined) return [];
      return [{ address, protocol, port, number, pool: poolOf(service), ...(persistence && { persistence }) }];
    }),
  };
}
