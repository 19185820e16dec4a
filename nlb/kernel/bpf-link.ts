import { closeSync } from 'node:fs';
import {
  linkCreate,
  linkDetach,
  linkUpdate,
  objGet,
  objInfo,
  objPin,
  programFdById,
  rawTracepointOpen,
  xdpQuery,
} from './libbpf.ts';
import { SyscallError } from './syscall-error.ts';

/** Where a program is attached to an interface by a link. */
export type LinkKind = 'xdp' | 'xdp-generic' | 'tcx';

/** What the kernel says of a link; interface 0 when the interface is gone. */
export interface LinkInfo {
  programId: number;
  ifindex: number;
}

const BPF_XDP = 37;
const BPF_TCX_INGRESS = 46;
const XDP_FLAGS: Record<LinkKind, number> = { xdp: 1 << 2, 'xdp-generic': 1 << 1, tcx: 0 };
const ENOENT = 2;
const ENOLINK = 67;
const LINK_INFO_BYTES = 64;
const PROGRAM_INFO_BYTES = 128;

/** Attach by a new link; the caller owns the descriptor. Throws SyscallError. */
export function createLink(program: number, ifindex: number, kind: LinkKind): number {
  // struct bpf_link_create_opts: its own size, then the flags.
  const options = Buffer.alloc(64);
  options.writeBigUInt64LE(BigInt(options.length), 0);
  options.writeUInt32LE(XDP_FLAGS[kind], 8);
  const fd = linkCreate(program, ifindex, kind === 'tcx' ? BPF_TCX_INGRESS : BPF_XDP, options);
  if (fd < 0) throw new SyscallError(`attach by ${kind}`, `interface ${ifindex}`, -fd);
  return fd;
}

/**
 * Have the kernel call a program with each event that it was loaded for; the caller owns the link's descriptor. It ends some time
 * after the last descriptor and pin are gone. Throws SyscallError.
 */
export function createTracing(program: number, name: string): number {
  const fd = rawTracepointOpen(null, program);
  if (fd < 0) throw new SyscallError('listen to an event', name, -fd);
  return fd;
}

/** Put another program in the place of the link's; no packet goes by unseen. Throws SyscallError. */
export function updateLink(link: number, program: number): void {
  const result = linkUpdate(link, program, null);
  if (result < 0) throw new SyscallError('update link', `descriptor ${link}`, -result);
}

/**
 * Detach a link's program now; without this it happens some time after the last descriptor and pin are gone. A link whose
 * interface is gone is detached already. Throws SyscallError.
 */
export function detachLink(link: number): void {
  const result = linkDetach(link);
  if (result < 0 && result !== -ENOLINK) throw new SyscallError('detach link', `descriptor ${link}`, -result);
}

/** Throws SyscallError. */
export function linkInfo(link: number): LinkInfo {
  const info = describe(link, LINK_INFO_BYTES);
  return { programId: info.readUInt32LE(8), ifindex: info.readUInt32LE(16) };
}

/** Keep a link, map or program alive under a name in a BPF file system. Throws SyscallError. */
export function pin(fd: number, path: string): void {
  const result = objPin(fd, path);
  if (result < 0) throw new SyscallError('pin', path, -result);
}

/** Descriptor of what is pinned there, or undefined where nothing is. Throws SyscallError. */
export function openPinned(path: string): number | undefined {
  const fd = objGet(path);
  if (fd === -ENOENT) return undefined;
  if (fd < 0) throw new SyscallError('open pinned', path, -fd);
  return fd;
}

/** Descriptor of the program that a link has attached. Throws SyscallError. */
export function programOfLink(link: number): number {
  const fd = programFdById(linkInfo(link).programId);
  if (fd < 0) throw new SyscallError('open the program', `of link ${link}`, -fd);
  return fd;
}

/** Id of the XDP program that an interface runs, in whatever mode, or undefined. Throws SyscallError. */
export function xdpProgramOn(ifindex: number): number | undefined {
  // struct bpf_xdp_query_opts: its own size, then the ids: any, driver, hardware, generic.
  const options = Buffer.alloc(32);
  options.writeBigUInt64LE(BigInt(options.length), 0);
  const result = xdpQuery(ifindex, 0, options);
  if (result < 0) throw new SyscallError('ask for the XDP program', `interface ${ifindex}`, -result);
  return [8, 12, 16, 20].map((offset) => options.readUInt32LE(offset)).find((id) => id !== 0);
}

/** Name (at most 15 bytes) of a program by its id, or undefined where it is gone. */
export function programName(id: number): string | undefined {
  const fd = programFdById(id);
  if (fd < 0) return undefined;
  try {
    return describe(fd, PROGRAM_INFO_BYTES).toString('utf8', 64, 80).replace(/\0.*$/s, '');
  } finally {
    closeSync(fd);
  }
}

/** The kernel's digest of a program's instructions, in hexadecimal: the same for the same program. Throws SyscallError. */
export const programTag = (program: number): string => describe(program, PROGRAM_INFO_BYTES).toString('hex', 8, 16);

function describe(fd: number, bytes: number): Buffer {
  const info = Buffer.alloc(bytes);
  const result = objInfo(fd, info, Uint32Array.of(bytes));
  if (result < 0) throw new SyscallError('describe', `descriptor ${fd}`, -result);
  return info;
}
