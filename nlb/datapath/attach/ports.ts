import { findInterface, type NetworkInterface } from '../../kernel/interfaces.ts';
import { CONSTANTS } from '../program/layout.ts';

/** An interface that the data path works on, as it is now. */
export interface Port {
  device: string;
  ifindex: number;
  mac: string;
  /** Octets of the longest packet that it sends. */
  mtu: number;
  /** Bits ROLE_ACCESS and ROLE_SERVER. */
  roles: number;
  /**
   * Another interface takes its frames in for it, and has put segments together by then (GRO): a VLAN's, a macvlan, a bridge.
   * Generic XDP sees such a packet as one frame, too long for any link, and what it redirects is dropped.
   */
  stacked?: true;
  /** Where it is a VLAN's: the number of the interface that its tagged frames come in on, and its id there. */
  vlan?: { parent: number; id: number };
}

export interface PortNames {
  /** Device names. A device in both lists is one-armed. */
  accessInterfaces: string[];
  serverInterfaces: string[];
}

/** An interface that is configured and that the data path cannot work on now. */
export interface MissingPort {
  device: string;
  why: string;
  /** It is there, and gives its packets to another one: the configuration is wrong. */
  givesAway?: true;
}

/** The configured interfaces as they are now. */
export interface Ports {
  /** Server interfaces first. */
  present: Port[];
  missing: MissingPort[];
}

/** Kinds of interfaces to which their members' packets go. */
const GIVE_AWAY = ['bond', 'bridge', 'team'];
/** Kinds of interfaces that take their frames in themselves; those without a kind have them from hardware. */
const TAKE_IN = ['veth', 'tun'];

/**
 * The configured interfaces: those that are there, and those that are not, with the reason. One that is missing costs nothing
 * but itself. Throws a RangeError where there are too many, and SyscallError.
 */
export function findPorts({ accessInterfaces, serverInterfaces }: PortNames): Ports {
  const devices = [...new Set([...serverInterfaces, ...accessInterfaces])];
  if (serverInterfaces.length === 0) throw new RangeError('The data path needs at least one server interface');
  if (devices.length > CONSTANTS.MAX_PORTS) throw new RangeError(`${devices.length} interfaces, of 16 at most`);
  const ports: Ports = { present: [], missing: [] };
  for (const device of devices) {
    const found = findInterface(device);
    const missing = whyMissing(device, found);
    const access = accessInterfaces.includes(device) ? CONSTANTS.ROLE_ACCESS : 0;
    const server = serverInterfaces.includes(device) ? CONSTANTS.ROLE_SERVER : 0;
    if (missing) ports.missing.push(missing);
    else if (found) ports.present.push(portOf(found, access | server));
  }
  return ports;
}

function whyMissing(device: string, found: NetworkInterface | undefined): MissingPort | undefined {
  if (!found) return { device, why: `There is no network interface ${device}: check the configuration, or create it` };
  const { memberOf } = found;
  if (memberOf === undefined || !GIVE_AWAY.includes(memberOf)) return undefined;
  const why = `${device} is part of a ${memberOf}, which gets its packets: configure the ${memberOf} instead`;
  return { device, why, givesAway: true };
}

function portOf({ name, ifindex, mac, mtu, kind, vlan }: NetworkInterface, roles: number): Port {
  const stacked = kind !== undefined && !TAKE_IN.includes(kind);
  return { device: name, ifindex, mac, mtu, roles, ...(stacked && { stacked }), ...(vlan && { vlan }) };
}

/** Those that are there, for a start. Throws an Error that names one that gives its packets away. */
export function portsToStartWith(names: PortNames): Ports {
  const ports = findPorts(names);
  const wrong = ports.missing.find(({ givesAway }) => givesAway);
  if (wrong) throw new Error(wrong.why);
  return ports;
}

/**
 * The interface that leads to a server: undefined where it is missing. Throws a RangeError where it leads to no server.
 * `ports`: the default server interface first.
 */
export function wayTo({ id, device }: { id: number; device?: string | undefined }, ports: Port[]): Port | undefined {
  const port = device === undefined ? ports[0] : ports.find((candidate) => candidate.device === device);
  if (port && !(port.roles & CONSTANTS.ROLE_SERVER)) throw new RangeError(`Server ${id}: ${device} leads to no server`);
  return port;
}
