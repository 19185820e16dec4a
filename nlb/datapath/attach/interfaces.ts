import { findInterface, type NetworkInterface } from '../../kernel/interfaces.ts';
import { CONSTANTS } from '../program/layout.ts';

/** An interface of the data path, as it is now. */
export interface DatapathInterface {
  device: string;
  ifindex: number;
  mac: string;
  /** Octets. */
  mtu: number;
  /** Bits ROLE_ACCESS and ROLE_SERVER. */
  roles: number;
  /**
   * Another interface receives its frames and has merged segments by then (GRO): a VLAN's, a macvlan, a bridge. Generic XDP sees
   * such a packet as one frame, too long for any link, and what it redirects is dropped.
   */
  stacked?: true;
  /** If it is a VLAN's: the number of the interface that its tagged frames arrive on, and the VLAN id. */
  vlan?: { parent: number; id: number };
}

export interface InterfaceNames {
  /** Device names. A device in both lists is one-armed. */
  accessInterfaces: string[];
  serverInterfaces: string[];
}

/** A configured interface that the data path cannot use now. */
export interface MissingInterface {
  device: string;
  why: string;
  /** It exists, and is a member of another interface, which gets its packets: the configuration is wrong. */
  isMember?: true;
}

/** The configured interfaces as they are now. */
export interface ConfiguredInterfaces {
  /** Server interfaces first. */
  present: DatapathInterface[];
  missing: MissingInterface[];
}

/** Kinds of interfaces that get their members' packets. */
const MASTER_KINDS = ['bond', 'bridge', 'team'];
/** Kinds of interfaces that receive frames themselves; those without a kind are hardware. */
const RECEIVING_KINDS = ['veth', 'tun'];

/**
 * The configured interfaces: those that can be used, and those that cannot, with the reason. Throws a RangeError if there are too
 * many, and SyscallError.
 */
export function findInterfaces({ accessInterfaces, serverInterfaces }: InterfaceNames): ConfiguredInterfaces {
  const devices = [...new Set([...serverInterfaces, ...accessInterfaces])];
  if (serverInterfaces.length === 0) throw new RangeError('The data path needs at least one server interface');
  if (devices.length > CONSTANTS.MAX_INTERFACES) throw new RangeError(`${devices.length} interfaces, of 16 at most`);
  const interfaces: ConfiguredInterfaces = { present: [], missing: [] };
  for (const device of devices) {
    const found = findInterface(device);
    const missing = whyMissing(device, found);
    const access = accessInterfaces.includes(device) ? CONSTANTS.ROLE_ACCESS : 0;
    const server = serverInterfaces.includes(device) ? CONSTANTS.ROLE_SERVER : 0;
    if (missing) interfaces.missing.push(missing);
    else if (found) interfaces.present.push(interfaceFrom(found, access | server));
  }
  return interfaces;
}

function whyMissing(device: string, found: NetworkInterface | undefined): MissingInterface | undefined {
  if (!found) return { device, why: `There is no network interface ${device}: check the configuration, or create it` };
  const { memberOf } = found;
  if (memberOf === undefined || !MASTER_KINDS.includes(memberOf)) return undefined;
  const why = `${device} is part of a ${memberOf}, which gets its packets: configure the ${memberOf} instead`;
  return { device, why, isMember: true };
}

function interfaceFrom({ name, ifindex, mac, mtu, kind, vlan }: NetworkInterface, roles: number): DatapathInterface {
  const stacked = kind !== undefined && !RECEIVING_KINDS.includes(kind);
  return { device: name, ifindex, mac, mtu, roles, ...(stacked && { stacked }), ...(vlan && { vlan }) };
}

/** The same at the start of the daemon. Throws an Error that names one that is a member of another interface. */
export function interfacesAtStart(names: InterfaceNames): ConfiguredInterfaces {
  const interfaces = findInterfaces(names);
  const wrong = interfaces.missing.find(({ isMember }) => isMember);
  if (wrong) throw new Error(wrong.why);
  return interfaces;
}

/**
 * The interface that leads to a server; undefined if it is missing. Throws a RangeError if it is not a server interface.
 * `interfaces`: the default server interface first.
 */
export function interfaceTo(
  { id, device }: { id: number; device?: string | undefined },
  interfaces: DatapathInterface[],
): DatapathInterface | undefined {
  const iface = device === undefined ? interfaces[0] : interfaces.find((candidate) => candidate.device === device);
  if (iface && !(iface.roles & CONSTANTS.ROLE_SERVER))
    throw new RangeError(`Server ${id}: ${device} leads to no server`);
  return iface;
}
