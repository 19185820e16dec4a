import type { Attachment } from './attach/attachment.ts';
import {
  type ConfiguredInterfaces,
  type DatapathInterface,
  findInterfaces,
  type InterfaceNames,
} from './attach/interfaces.ts';
import type { Datapath, InterfaceState } from './datapath.ts';
import type { Change, Tables } from './tables/tables.ts';

/** The tables, as far as they depend on interfaces. */
export interface InterfaceTables {
  apply(wanted: Tables, interfaces: DatapathInterface[]): Change[];
  /** Write only what depends on the interfaces. */
  moveInterfaces(interfaces: DatapathInterface[], wanted?: Tables): Change[];
}

/**
 * Keeps a data path in the kernel attached to the interfaces that exist. An interface is written into the tables before the
 * program is attached there: on one that it does not know it lets everything pass.
 */
export function openInterfaceFollower(
  names: InterfaceNames,
  first: ConfiguredInterfaces,
  attachment: Attachment,
  tables: InterfaceTables,
): Pick<Datapath, 'apply' | 'follow' | 'interfaces'> {
  let [interfaces, refused]: [ConfiguredInterfaces, ReadonlyMap<string, string>] = [first, new Map()];
  let wanted: Tables | undefined;
  const arriveAt = (next: ConfiguredInterfaces): void => {
    interfaces = next;
    refused = attachment.follow(next.present);
  };
  return {
    interfaces: () => statesOf(interfaces, refused),
    follow: () => {
      const next = findInterfaces(names);
      const changes = isSame(next, interfaces) ? [] : tables.moveInterfaces(next.present, wanted);
      arriveAt(next);
      return changes;
    },
    apply: (next) => {
      const at = findInterfaces(names);
      const changes = tables.apply(next, at.present);
      wanted = next;
      arriveAt(at);
      return changes;
    },
  };
}

const isSame = (one: ConfiguredInterfaces, other: ConfiguredInterfaces): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** @param refused why a program could not be attached, by device */
export function statesOf(
  { present, missing }: ConfiguredInterfaces,
  refused: ReadonlyMap<string, string>,
): InterfaceState[] {
  const there = present.map(({ device, ifindex, mac }) => {
    const why = refused.get(device);
    return { device, ifindex, mac, ...(why !== undefined && { why }) };
  });
  return [...there, ...missing.map(({ device, why }) => ({ device, why }))];
}
