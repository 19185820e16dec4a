import { tcAttach, tcDetach, tcHookCreate, tcHookDestroy, tcQuery } from './libbpf.ts';
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

/** Id of the filter's program, or undefined where there is no such filter, or no clsact qdisc. */
export function filterProgram(filter: TcFilter): number | undefined {
  const options = encodeFilter(filter);
  const result = tcQuery(encodeHook(filter.ifindex, BPF_TC_INGRESS), options);
  return result < 0 ? undefined : options.readUInt32LE(16);
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
