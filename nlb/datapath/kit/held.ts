import { type Datapath, type DatapathOptions, openDatapath } from '../datapath.ts';
import type { HeldFlows } from '../held-flows.ts';
import type { Address } from '../specification/address.ts';
import { type Flow, PROTOCOL } from '../specification/flow.ts';
import type { Exception } from '../specification/knowledge.ts';
import { CLUSTER, holdLease, options, pinDirectory, tables, withoutSlots } from './rig.ts';
import { FOREVER_NS, type Scope } from './send.ts';

/** For tests: a data path of the rig that leads, and whose slots another writes. */

const SIZES = { maxExceptions: 1000 };

export function openHeldPath(
  t: Scope,
  mode: DatapathOptions['mode'],
  sizes: object = SIZES,
): { datapath: Datapath; heldFlows: HeldFlows } {
  const datapath = openDatapath({ ...options(pinDirectory(t)), ...sizes, mode, first: tables() });
  t.teardown(() => datapath.remove());
  datapath.apply(withoutSlots(tables()));
  holdLease(datapath.leaseFd, FOREVER_NS);
  return { datapath, heldFlows: heldFlowsOf(datapath) };
}

export function heldFlowsOf(datapath: Datapath): HeldFlows {
  const heldFlows = datapath.heldFlows?.();
  if (!heldFlows) throw new Error(`a data path in mode ${datapath.mode} holds nothing`);
  return heldFlows;
}

/** Of the rig's servers. */
export const onServer = (server: 0 | 1, isSettled = true): Exception => ({
  server,
  serverAddress: `10.77.2.2${server}` as Address,
  isSettled,
});

/** A connection from that port of a client, to the rig's web service. */
export const flowFrom = (port: number): Flow => ({
  protocol: PROTOCOL.tcp,
  source: '198.51.100.2' as Address,
  destination: CLUSTER as Address,
  sourcePort: port,
  destinationPort: 80,
});
