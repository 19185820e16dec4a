import { type FlowNumbers, PROTOCOL } from '../specification/flow.ts';

/** A set of TCP and UDP flows, some forty octets each. */
export interface FlowSet {
  /** @returns whether it was not there */
  add(flow: FlowNumbers): boolean;
  /** @returns whether it was there */
  remove(flow: FlowNumbers): boolean;
  size(): number;
}

export function openFlowSet(): FlowSet {
  const clients = new Map<number, Set<number>>();
  let size = 0;
  return {
    add: (flow) => {
      const [service, client] = [serviceOf(flow), clientOf(flow)];
      const known = clients.get(service) ?? new Set();
      clients.set(service, known);
      if (known.has(client)) return false;
      known.add(client);
      size++;
      return true;
    },
    remove: (flow) => {
      const isRemoved = clients.get(serviceOf(flow))?.delete(clientOf(flow)) === true;
      if (isRemoved) size--;
      return isRemoved;
    },
    size: () => size,
  };
}

/** Each of the two is exact in a double. */
const clientOf = ({ source, sourcePort }: FlowNumbers): number => source * 2 ** 16 + sourcePort;
const serviceOf = ({ destination, destinationPort, protocol }: FlowNumbers): number =>
  destination * 2 ** 17 + destinationPort * 2 + Number(protocol === PROTOCOL.tcp);
