import { octetsToMac } from './inet.ts';
import { decodeAttributes, textValue, valueText } from './netlink.ts';
import { askRoute } from './route-socket.ts';
import { SyscallError } from './syscall-error.ts';

export interface NetworkInterface {
  ifindex: number;
  name: string;
  mac: string;
  /** The operator's wish (IFF_UP). */
  up: boolean;
  /** What is so: up, and with a carrier (IFF_RUNNING). */
  running: boolean;
  mtu: number;
  /** Where it is one of IEEE 802.1Q: the number of the interface below, and the VLAN's id there. */
  vlan?: { parent: number; id: number };
  /** What the kernel makes it of: `veth`, `vlan`, `macvlan`, `bond`; absent where a driver has it from hardware. */
  kind?: string;
  /** Where it belongs to another interface, that one's kind: `bond`, `bridge`, `team`, `vrf`. */
  memberOf?: string;
}

const RTM_GETLINK = 18;
const IFINFO_BYTES = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_VLAN_ID = 1;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

/** The interface of that name in this thread's network namespace, or undefined. Throws SyscallError. */
export function findInterface(name: string): NetworkInterface | undefined {
  try {
    const [answer] = askRoute({
      operation: 'find interface',
      subject: name,
      type: RTM_GETLINK,
      flags: 0,
      body: Buffer.alloc(IFINFO_BYTES),
      attributes: [[IFLA_IFNAME, textValue(name)]],
    });
    return answer && decodeInterface(answer);
  } catch (error) {
    // ERANGE, EINVAL: longer than a device's name can be, so there is none.
    if (error instanceof SyscallError && ['ENODEV', 'ERANGE', 'EINVAL'].includes(error.errno)) return undefined;
    throw error;
  }
}

function decodeInterface(payload: Buffer): NetworkInterface {
  const attributes = decodeAttributes(payload.subarray(IFINFO_BYTES));
  const flags = payload.readUInt32LE(8);
  return {
    ifindex: payload.readInt32LE(4),
    name: valueText(attributes.get(IFLA_IFNAME) ?? Buffer.alloc(0)),
    mac: octetsToMac(attributes.get(IFLA_ADDRESS) ?? Buffer.alloc(6)),
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    mtu: attributes.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    ...decodeVlan(attributes),
    ...decodeKinds(attributes),
  };
}

function decodeKinds(attributes: ReadonlyMap<number, Buffer>): Pick<NetworkInterface, 'kind' | 'memberOf'> {
  const info = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  const [kind, memberOf] = [info.get(IFLA_INFO_KIND), info.get(IFLA_INFO_SLAVE_KIND)];
  return { ...(kind && { kind: valueText(kind) }), ...(memberOf && { memberOf: valueText(memberOf) }) };
}

/** From the attributes of a link (linux/if_link.h); nothing where it is no VLAN's. */
export function decodeVlan(attributes: ReadonlyMap<number, Buffer>): Pick<NetworkInterface, 'vlan'> {
  const info = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  if (valueText(info.get(IFLA_INFO_KIND) ?? Buffer.alloc(0)) !== 'vlan') return {};
  const id = decodeAttributes(info.get(IFLA_INFO_DATA) ?? Buffer.alloc(0))
    .get(IFLA_VLAN_ID)
    ?.readUInt16LE(0);
  const parent = attributes.get(IFLA_LINK)?.readUInt32LE(0);
  return id === undefined || parent === undefined ? {} : { vlan: { parent, id } };
}
