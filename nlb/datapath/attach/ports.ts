import { findInterface } from '../../kernel/interfaces.ts';
import { CONSTANTS } from '../program/layout.ts';

/** An interface that the data path works on, as it is now. */
export interface Port {
  device: string;
  ifindex: number;
  mac: string;
  /** Bits ROLE_ACCESS and ROLE_SERVER. */
  roles: number;
  /** Where it is a VLAN's: the number of the interface that its tagged frames come in on, and its id there. */
  vlan?: { parent: number; id: number };
}

export interface PortNames {
  /** Device names. A device in both lists is one-armed. */
  accessInterfaces: string[];
  serverInterfaces: string[];
}

/** Kinds of interfaces to which their members' packets go. */
const GIVE_AWAY = ['bond', 'bridge', 'team'];

/**
 * The configured interfaces, server interfaces first, so that the first one is where servers are by default.
 * Throws an Error that names an interface that does not exist, or gives its packets away, and KernelRefusal.
 */
export function findPorts({ accessInterfaces, serverInterfaces }: PortNames): Port[] {
  const devices = [...new Set([...serverInterfaces, ...accessInterfaces])];
  if (serverInterfaces.length === 0) throw new RangeError('The data path needs at least one server interface');
  if (devices.length > CONSTANTS.MAX_PORTS) throw new RangeError(`${devices.length} interfaces, of 16 at most`);
  return devices.map((device) => {
    const found = findInterface(device);
    if (!found) throw new Error(`There is no network interface ${device}: check the configuration, or create it`);
    if (GIVE_AWAY.includes(found.memberOf ?? ''))
      throw new Error(
        `${device} is part of a ${found.memberOf}, which gets its packets: configure the ${found.memberOf} instead`,
      );
    const access = accessInterfaces.includes(device) ? CONSTANTS.ROLE_ACCESS : 0;
    const server = serverInterfaces.includes(device) ? CONSTANTS.ROLE_SERVER : 0;
    const { ifindex, mac, vlan } = found;
    return { device, ifindex, mac, roles: access | server, ...(vlan && { vlan }) };
  });
}
