import { bytesToQuad, quadToBytes } from './inet.ts';
import { type Attribute, decodeAttributes, textValue, valueText } from './netlink.ts';
import { KernelRefusal } from './refusal.ts';
import { askRoute, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL } from './route-socket.ts';

/** An IPv4 address as an interface holds it. */
export interface InterfaceAddress {
  ifindex: number;
  /** Dotted quad. */
  address: string;
  prefixLength: number;
  /** At most 15 bytes, beginning with the device's name by custom: `access:nlbs`. */
  label?: string;
}

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const AF_INET = 2;
const IFADDR_BYTES = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;

/** Every IPv4 address of this thread's network namespace. Throws KernelRefusal. */
export function listAddresses(): InterfaceAddress[] {
  const body = Buffer.alloc(IFADDR_BYTES);
  body.writeUInt8(AF_INET, 0);
  const request = { operation: 'list addresses', subject: 'IPv4', type: RTM_GETADDR, flags: NLM_F_DUMP };
  return askRoute({ ...request, body, attributes: [] }).flatMap(decodeAddress);
}

/** Put an address on an interface. `already` when it holds it, whatever the label. Throws KernelRefusal. */
export function addAddress(wanted: InterfaceAddress): 'added' | 'already' {
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  return change('add address', RTM_NEWADDR, flags, wanted, ['EEXIST']) ? 'added' : 'already';
}

/**
 * Take an address from an interface. `absent` when it does not hold that address, prefix and (where given) label, or
 * when the interface itself is gone. Throws KernelRefusal.
 */
export function removeAddress(unwanted: InterfaceAddress): 'removed' | 'absent' {
  return change('remove address', RTM_DELADDR, 0, unwanted, ['EADDRNOTAVAIL', 'ENODEV']) ? 'removed' : 'absent';
}

/** True when it was done, false when the kernel refused for one of the reasons that mean that there was nothing to do. */
function change(operation: string, type: number, flags: number, subject: InterfaceAddress, idle: string[]): boolean {
  const { ifindex, address, prefixLength } = subject;
  const text = `${address}/${prefixLength} on interface ${ifindex}`;
  try {
    askRoute({ operation, subject: text, type, flags, body: encodeBody(subject), attributes: encode(subject) });
    return true;
  } catch (error) {
    if (error instanceof KernelRefusal && idle.includes(error.errno)) return false;
    throw error;
  }
}

function encodeBody({ ifindex, prefixLength }: InterfaceAddress): Buffer {
  const body = Buffer.from([AF_INET, prefixLength, 0, 0, 0, 0, 0, 0]);
  body.writeUInt32LE(ifindex, 4);
  return body;
}

function encode({ address, label }: InterfaceAddress): Attribute[] {
  const octets = quadToBytes(address);
  const attributes: Attribute[] = [
    [IFA_LOCAL, octets],
    [IFA_ADDRESS, octets],
  ];
  return label === undefined ? attributes : [...attributes, [IFA_LABEL, textValue(label)]];
}

function decodeAddress(payload: Buffer): InterfaceAddress[] {
  const attributes = decodeAttributes(payload.subarray(IFADDR_BYTES));
  // On a point-to-point link IFA_ADDRESS is the other end; our own is IFA_LOCAL.
  const own = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (payload.readUInt8(0) !== AF_INET || !own) return [];
  const label = attributes.get(IFA_LABEL);
  return [
    {
      ifindex: payload.readUInt32LE(4),
      address: bytesToQuad(own),
      prefixLength: payload.readUInt8(1),
      ...(label && { label: valueText(label) }),
    },
  ];
}
