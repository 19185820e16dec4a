import { bytesToQuad, quadToBytes } from './inet.ts';
import { decodeAttributes } from './netlink.ts';
import { askRoute, NLM_F_CREATE, NLM_F_DUMP } from './route-socket.ts';
import { SyscallError } from './syscall-error.ts';

/**
 * An address that the node holds and does not answer for: a route of type *blackhole* in the table `local` comes before the
 * kernel's own route for the address. What is sent to it is then dropped, by whatever interface it comes, and no ARP request
 * for it is answered. The route outlives the address, and stays before it when that comes back.
 */

const [RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE] = [24, 25, 26];
const AF_INET = 2;
const WHOLE_ADDRESS = 32;
const TABLE_LOCAL = 255;
/** A number that no routing daemon has (/etc/iproute2/rt_protos): such a route is ours. */
const OURS = 78;
const RTN_BLACKHOLE = 6;
const RTA_DST = 1;

/** Throws SyscallError. */
export function hideAddress(address: string): 'hidden' | 'already' {
  return change('hide address', RTM_NEWROUTE, NLM_F_CREATE, address, 'EEXIST') ? 'hidden' : 'already';
}

/** Throws SyscallError. */
export function unhideAddress(address: string): 'shown' | 'already' {
  return change('show address', RTM_DELROUTE, 0, address, 'ESRCH') ? 'shown' : 'already';
}

/** Those that we hide. Throws SyscallError. */
export function listHidden(): string[] {
  const request = { operation: 'list routes', subject: 'IPv4', type: RTM_GETROUTE, flags: NLM_F_DUMP };
  const routes = askRoute({ ...request, body: Buffer.from([AF_INET, ...new Uint8Array(11)]), attributes: [] });
  return routes.filter(isOurs).flatMap((route) => {
    const address = decodeAttributes(route.subarray(ROUTE.length)).get(RTA_DST);
    return address ? [bytesToQuad(address)] : [];
  });
}

/** struct rtmsg: family, lengths of destination and source, type of service, table, protocol, scope (universe), type, flags. */
const ROUTE = Buffer.from([AF_INET, WHOLE_ADDRESS, 0, 0, TABLE_LOCAL, OURS, 0, RTN_BLACKHOLE, 0, 0, 0, 0]);
const FLAGS_AT = 8;

const isOurs = (route: Buffer): boolean => ROUTE.subarray(0, FLAGS_AT).equals(route.subarray(0, FLAGS_AT));

function change(operation: string, type: number, flags: number, address: string, idle: string): boolean {
  try {
    askRoute({ operation, subject: address, type, flags, body: ROUTE, attributes: [[RTA_DST, quadToBytes(address)]] });
    return true;
  } catch (error) {
    if (error instanceof SyscallError && error.errno === idle) return false;
    throw error;
  }
}
