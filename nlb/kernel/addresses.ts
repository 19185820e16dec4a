import { bytesToQuad, quadToBytes } from './inet.ts';
import { type Attribute, decodeAttributes, textValue, valueText } from './netlink.ts';
import { askRoute, askRouteAside, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, type RouteRequest } from './route-socket.ts';
import { SyscallError } from './syscall-error.ts';

/** An IPv4 address as an interface holds it. */
export interface InterfaceAddress {
  ifindex: number;
  /** Dotted quad. */
  address: string;
  prefixLength: number;
  /** At most 15 bytes, beginning with the device's name by custom: `access:nlbs`. */
  label?: string;
  /** Linux has it depend on another one of the same subnet, which was there before it. */
  secondary?: true;
}

export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const AF_INET = 2;
const IFADDR_BYTES = 8;
const IFA_F_SECONDARY = 0x01;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;

/** Every IPv4 address of this thread's network namespace. Throws SyscallError. */
export function listAddresses(): InterfaceAddress[] {
  return askRoute(LISTING).flatMap(decodeAddress);
}

/** Put an address on an interface. `already` when it holds it, whatever the label. Throws SyscallError. */
export function addAddress(wanted: InterfaceAddress): Added {
  try {
    askRoute(addition(wanted));
    return 'added';
  } catch (error) {
    return idle(error, ['EEXIST'], 'already');
  }
}

/**
 * Take an address from an interface. `absent` when it does not hold that address, prefix and (where given) label, or
 * when the interface itself is gone. Throws SyscallError.
 */
export function removeAddress(unwanted: InterfaceAddress): Removed {
  try {
    askRoute(removal(unwanted));
    return 'removed';
  } catch (error) {
    return idle(error, ['EADDRNOTAVAIL', 'ENODEV'], 'absent');
  }
}

type Added = 'added' | 'already';
type Removed = 'removed' | 'absent';

/** The same for a thread that must not wait for the kernel's lock on network settings. */
export const inBackground = {
  list: async (): Promise<InterfaceAddress[]> => (await askRouteAside(LISTING)).flatMap(decodeAddress),
  add: (wanted: InterfaceAddress): Promise<Added> =>
    askRouteAside(addition(wanted)).then(
      () => 'added',
      (error) => idle(error, ['EEXIST'], 'already'),
    ),
  remove: (unwanted: InterfaceAddress): Promise<Removed> =>
    askRouteAside(removal(unwanted)).then(
      () => 'removed',
      (error) => idle(error, ['EADDRNOTAVAIL', 'ENODEV'], 'absent'),
    ),
};

/** For the kernel's reasons that mean that there was nothing to do. */
function idle<Word>(error: unknown, reasons: readonly string[], word: Word): Word {
  if (error instanceof SyscallError && reasons.includes(error.errno)) return word;
  throw error;
}

const LISTING: RouteRequest = {
  operation: 'list addresses',
  subject: 'IPv4',
  type: RTM_GETADDR,
  flags: NLM_F_DUMP,
  body: Buffer.from([AF_INET, ...new Uint8Array(IFADDR_BYTES - 1)]),
  attributes: [],
};

const addition = (wanted: InterfaceAddress): RouteRequest =>
  change('add address', RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, wanted);
const removal = (unwanted: InterfaceAddress): RouteRequest => change('remove address', RTM_DELADDR, 0, unwanted);

function change(operation: string, type: number, flags: number, address: InterfaceAddress): RouteRequest {
  const subject = `${address.address}/${address.prefixLength} on interface ${address.ifindex}`;
  return { operation, subject, type, flags, body: encodeBody(address), attributes: encode(address) };
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

/** Of a message of the kinds above; none where it is not IPv4's. */
export function decodeAddress(payload: Buffer): InterfaceAddress[] {
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
      ...((payload.readUInt8(2) & IFA_F_SECONDARY) !== 0 && { secondary: true }),
    },
  ];
}
