import { tcAttach, tcDetach, tcHookCreate, tcHookDestroy } from './libbpf.ts';
import { decodeAttributes, valueText } from './netlink.ts';
import { askRoute } from './route-socket.ts';
import { SyscallError } from './syscall-error.ts';

/**
 * Classic tc: a BPF filter in direct-action mode at the ingress of a clsact qdisc, for kernels before 6.6, which have no
 * tcx links. A filter needs no pin: it stays until somebody takes it away.
 */
export interface TcFilter {
  ifindex: number;
  handle: number;
  priority: number;
}

const BPF_TC_INGRESS = 1;
const BPF_TC_INGRESS_AND_EGRESS = 3;
const BPF_TC_F_REPLACE = 1;
const EEXIST = 17;
const ENOENT = 2;
const EINVAL = 22;
const ENODEV = 19;

/** linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h */
const RTM_GETTFILTER = 46;
const TCMSG_BYTES = 20;
const CLSACT_INGRESS = 0xff_ff_ff_f2;
const ETH_P_ALL = 3;
const TCA_OPTIONS = 2;
const [TCA_BPF_NAME, TCA_BPF_ID] = [7, 11];
/** Without the filter, the qdisc, or the interface. */
const ABSENT = ['ENOENT', 'EINVAL', 'ENODEV'];

/** Make the clsact qdisc. False when the interface has one already. Throws SyscallError. */
export function addClsact(ifindex: number): boolean {
  const result = tcHookCreate(encodeHook(ifindex, BPF_TC_INGRESS));
  if (result === -EEXIST) return false;
  if (result < 0) throw failure('add a clsact qdisc', ifindex, result);
  return true;
}

/** Remove the clsact qdisc with everything that hangs on it. Throws SyscallError. */
export function removeClsact(ifindex: number): void {
  const result = tcHookDestroy(encodeHook(ifindex, BPF_TC_INGRESS_AND_EGRESS));
  if (result < 0 && ![-ENOENT, -EINVAL, -ENODEV].includes(result))
    throw failure('remove the clsact qdisc', ifindex, result);
}

/** Attach a program, in place of the one that the filter has (`replace`) or where there is none. Throws SyscallError. */
export function putFilter(filter: TcFilter, program: number, replace: boolean): void {
  const options = encodeFilter(filter);
  options.writeInt32LE(program, 8);
  options.writeUInt32LE(replace ? BPF_TC_F_REPLACE : 0, 12);
  const result = tcAttach(encodeHook(filter.ifindex, BPF_TC_INGRESS), options);
  if (result < 0) throw failure('attach by tc', filter.ifindex, result);
}

/** Take the filter away; one that is not there is no error, nor an interface that is gone. Throws SyscallError. */
export function removeFilter(filter: TcFilter): void {
  const result = tcDetach(encodeHook(filter.ifindex, BPF_TC_INGRESS), encodeFilter(filter));
  if (result < 0 && ![-ENOENT, -EINVAL, -ENODEV].includes(result))
    throw failure('detach from tc', filter.ifindex, result);
}

/**
 * The filter's program, or undefined where there is no such filter with one, or no clsact qdisc. By netlink, which tells everybody
 * its name; whoever has only the program's id must have CAP_SYS_ADMIN to learn that.
 */
export function filterProgram({ ifindex, handle, priority }: TcFilter): { id: number; name: string } | undefined {
  const attributes = answer({ ifindex, handle, priority }).flatMap((filter) => {
    const options = decodeAttributes(filter.subarray(TCMSG_BYTES)).get(TCA_OPTIONS);
    return options ? [decodeAttributes(options)] : [];
  })[0];
  const [id, name] = [attributes?.get(TCA_BPF_ID), attributes?.get(TCA_BPF_NAME)];
  if (id === undefined) return undefined;
  // As libbpf and tc have it: the name, a colon, and something in brackets.
  return { id: id.readUInt32LE(0), name: name === undefined ? '' : valueText(name).replace(/:\[[^\]]*\]$/, '') };
}

function answer({ ifindex, handle, priority }: TcFilter): Buffer[] {
  // struct tcmsg: family and padding, interface, handle, parent, priority and protocol.
  const body = Buffer.alloc(TCMSG_BYTES);
  body.writeInt32LE(ifindex, 4);
  body.writeUInt32LE(handle, 8);
  body.writeUInt32LE(CLSACT_INGRESS, 12);
  body.writeUInt16BE(ETH_P_ALL, 16);
  body.writeUInt16LE(priority, 18);
  const subject = `interface ${ifindex}`;
  try {
    return askRoute({ operation: 'ask for a filter', subject, type: RTM_GETTFILTER, flags: 0, body, attributes: [] });
  } catch (error) {
    if (error instanceof SyscallError && ABSENT.includes(error.errno)) return [];
    throw error;
  }
}

/** struct bpf_tc_hook: its own size, the interface, the attach point. */
function encodeHook(ifindex: number, point: number): Buffer {
  const hook = Buffer.alloc(24);
  hook.writeBigUInt64LE(BigInt(hook.length), 0);
  hook.writeInt32LE(ifindex, 8);
  hook.writeUInt32LE(point, 12);
  return hook;
}

/** struct bpf_tc_opts: its own size, program descriptor, flags, program id, handle, priority. */
function encodeFilter({ handle, priority }: TcFilter): Buffer {
  const options = Buffer.alloc(32);
  options.writeBigUInt64LE(BigInt(options.length), 0);
  options.writeUInt32LE(handle, 20);
  options.writeUInt32LE(priority, 24);
  return options;
}

const failure = (operation: string, ifindex: number, result: number): SyscallError =>
  new SyscallError(operation, `interface ${ifindex}`, -result);
