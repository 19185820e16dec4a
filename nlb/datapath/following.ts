import type { Attachment } from './attach/attachment.ts';
import { findPorts, type Port, type PortNames, type Ports } from './attach/ports.ts';
import type { Datapath, InterfaceState } from './datapath.ts';
import type { Change, Tables } from './tables/tables.ts';

/** The tables, as far as they speak of interfaces. */
export interface PortTables {
  apply(wanted: Tables, ports: Port[]): Change[];
  /** Only what follows from the interfaces. */
  move(ports: Port[], wanted?: Tables): Change[];
}

/**
 * Keeps a data path in the kernel at the interfaces that there are. A program is told of an interface before it is attached
 * there: of one that it does not know it lets everything pass.
 */
export function openFollowing(
  names: PortNames,
  first: Ports,
  attachment: Attachment,
  tables: PortTables,
): Pick<Datapath, 'apply' | 'follow' | 'interfaces'> {
  let [ports, refused]: [Ports, ReadonlyMap<string, string>] = [first, new Map()];
  let wanted: Tables | undefined;
  const arriveAt = (next: Ports): void => {
    ports = next;
    refused = attachment.follow(next.present);
  };
  return {
    interfaces: () => statesOf(ports, refused),
    follow: () => {
      const next = findPorts(names);
      const changes = isSame(next, ports) ? [] : tables.move(next.present, wanted);
      arriveAt(next);
      return changes;
    },
    apply: (next) => {
      const at = findPorts(names);
      const changes = tables.apply(next, at.present);
      wanted = next;
      arriveAt(at);
      return changes;
    },
  };
}

const isSame = (one: Ports, other: Ports): boolean => JSON.stringify(one) === JSON.stringify(other);

/** @param refused why a program could not be attached, by device */
export function statesOf({ present, missing }: Ports, refused: ReadonlyMap<string, string>): InterfaceState[] {
  const there = present.map(({ device, ifindex, mac }) => {
    const why = refused.get(device);
    return { device, ifindex, mac, ...(why !== undefined && { why }) };
  });
  return [...there, ...missing.map(({ device, why }) => ({ device, why }))];
}
