import { closeSync } from 'node:fs';
import { createLink, type LinkKind, linkInfo, programName, updateLink, xdpProgramOn } from '../../kernel/bpf-link.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import { addClsact, filterProgram, putFilter, removeClsact, removeFilter } from '../../kernel/tc-filter.ts';
import type { DatapathInterface } from './interfaces.ts';
import type { PinnedLink, Pins } from './pins.ts';

/** How frames reach a program in the kernel, fastest first. */
export type BpfMode = 'xdp' | 'xdp-generic' | 'tc';
export type DatapathMode = BpfMode | 'userspace';

/** Descriptors of the two programs; each is loaded when it is first asked for. */
export interface Programs {
  xdp(): number;
  tc(): number;
}

const MODES: BpfMode[] = ['xdp', 'xdp-generic', 'tc'];
const TC_PROGRAM = 'onevip_tc';
/** Handle and priority of our classic filter on an interface. */
export const FILTER = { handle: 0x1171, priority: 1171 };
/** Error of a kernel without tcx, which does not know the attach type. */
const NO_TCX = ['EINVAL', 'EOPNOTSUPP'];

/** The mode, and why a device refused it. */
export interface Attached {
  mode: BpfMode;
  refused: ReadonlyMap<string, string>;
}

/**
 * Attach to every interface in one mode: the wanted one, or, for `auto`, the first that works on all of them, beginning with the
 * mode of an earlier run. Links of an earlier run get the new program, or are replaced by those of another mode without a gap;
 * unwanted ones are removed. Throws an Error that names a foreign program, which is never replaced, or that says why each mode
 * was refused.
 */
export function attach(
  pins: Pins,
  interfaces: DatapathInterface[],
  programs: Programs,
  wanted: 'auto' | BpfMode,
): BpfMode {
  const refusals: string[] = [];
  for (const mode of wanted === 'auto' ? candidates(pins, interfaces) : [wanted]) {
    try {
      attachAll(pins, newestFirst(pins, interfaces), programs, mode);
      dropOthers(pins, interfaces, mode);
      return mode;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      refusals.push(`${mode}: ${error.message}`);
    }
  }
  throw new Error(`The data path could not be attached.\n${refusals.join('\n')}`);
}

/** Attach to each interface that takes a program in that mode. @returns why not, for each of the others */
export function attachAlone(
  pins: Pins,
  interfaces: DatapathInterface[],
  programs: Programs,
  mode: BpfMode,
): Map<string, string> {
  const refused = new Map<string, string>();
  for (const iface of interfaces) {
    try {
      attachAll(pins, [iface], programs, mode);
    } catch (error) {
      refused.set(iface.device, error instanceof Error ? error.message : String(error));
    }
  }
  return refused;
}

/** Whether our program is attached there in that mode. On an interface that was created again with an old number it is not. */
export function isAttached(pins: Pins, { ifindex }: DatapathInterface, mode: BpfMode): boolean {
  const kinds: LinkKind[] = mode === 'tc' ? ['tcx'] : [mode];
  if (kinds.some((kind) => isAlive(pins, { kind, ifindex }))) return true;
  const classic = mode === 'tc' && pins.remembered('filters').includes(ifindex);
  return classic && filterProgram({ ...FILTER, ifindex }) !== undefined;
}

/** Forget links whose interface is gone, and filters on interfaces that are not ours any more. Throws SyscallError. */
export function dropGone(pins: Pins, interfaces: DatapathInterface[]): void {
  for (const link of pins.links()) if (!isAlive(pins, link)) pins.dropLink(link);
  const gone = pins.remembered('filters').filter((ifindex) => !interfaces.some((iface) => iface.ifindex === ifindex));
  for (const ifindex of gone) dropFilter(pins, ifindex);
}

function isAlive(pins: Pins, link: PinnedLink): boolean {
  const fd = pins.openLink(link);
  if (fd === undefined) return false;
  try {
    return linkInfo(fd).ifindex === link.ifindex;
  } finally {
    closeSync(fd);
  }
}

/** Detach everything that is pinned or remembered. Throws SyscallError. */
export function detachAll(pins: Pins): void {
  for (const link of pins.links()) pins.dropLink(link);
  for (const ifindex of pins.remembered('filters')) dropFilter(pins, ifindex);
}

const modeOf = (kind: LinkKind): BpfMode => (kind === 'tcx' ? 'tc' : kind);

/** Generic XDP only on interfaces that give it single frames. */
function candidates(pins: Pins, interfaces: DatapathInterface[]): BpfMode[] {
  const before = pins.links().map(({ kind }) => modeOf(kind));
  if (pins.remembered('filters').length > 0) before.push('tc');
  const losesPackets = interfaces.some(({ stacked }) => stacked);
  return [...new Set([...before, ...MODES])].filter((mode) => mode !== 'xdp-generic' || !losesPackets);
}

/** Interfaces without our program first: if one of them refuses a mode, the others have not been touched. */
const newestFirst = (pins: Pins, interfaces: DatapathInterface[]): DatapathInterface[] => {
  const known = new Set([...pins.links().map(({ ifindex }) => ifindex), ...pins.remembered('filters')]);
  return interfaces.toSorted((one, other) => Number(known.has(one.ifindex)) - Number(known.has(other.ifindex)));
};

type Undo = () => void;

/** On every interface or, if one refuses, as before on each. */
function attachAll(pins: Pins, interfaces: DatapathInterface[], programs: Programs, mode: BpfMode): void {
  const made: Undo[] = [];
  try {
    for (const { ifindex, device } of interfaces) {
      if (mode === 'tc') attachTc(pins, ifindex, programs.tc(), made);
      else {
        refuseForeign(pins, ifindex, device);
        attachXdp(pins, { kind: mode, ifindex }, programs, made);
      }
    }
  } catch (error) {
    for (const undo of made.toReversed()) undo();
    throw error;
  }
}

function attachTc(pins: Pins, ifindex: number, program: number, made: Undo[]): void {
  try {
    putLink(pins, { kind: 'tcx', ifindex }, program, made);
  } catch (error) {
    if (!(error instanceof SyscallError) || !NO_TCX.includes(error.errno)) throw error;
    if (attachFilter(pins, ifindex, program) === 'added') made.push(() => dropFilter(pins, ifindex));
  }
}

/** Give an existing link the program, or create the link. */
function putLink(pins: Pins, link: PinnedLink, program: number, made: Undo[]): void {
  const existing = pins.openLink(link);
  if (existing !== undefined) {
    try {
      const alive = linkInfo(existing).ifindex === link.ifindex;
      if (alive) updateLink(existing, program);
      if (alive) return;
    } finally {
      closeSync(existing);
    }
    // Its interface is gone, or somebody detached the program.
    pins.dropLink(link);
  }
  pins.keepLink(link, createLink(program, link.ifindex, link.kind));
  made.push(() => pins.dropLink(link));
}

/** Driver and generic mode exclude each other on one interface. While one replaces the other, a tc program filters there. */
function attachXdp(pins: Pins, link: PinnedLink, programs: Programs, made: Undo[]): void {
  const isOther = ({ ifindex, kind }: PinnedLink): boolean =>
    ifindex === link.ifindex && !['tcx', link.kind].includes(kind);
  const other = pins.links().find(isOther);
  if (other) swapXdp(pins, { from: other, to: link }, programs, made);
  else putLink(pins, link, programs.xdp(), made);
}

function swapXdp(pins: Pins, { from, to }: Record<'from' | 'to', PinnedLink>, programs: Programs, made: Undo[]): void {
  const stopgap: Undo[] = [];
  attachTc(pins, to.ifindex, programs.tc(), stopgap);
  try {
    pins.dropLink(from);
    putLink(pins, to, programs.xdp(), []);
    made.push(() => swapXdp(pins, { from: to, to: from }, programs, []));
  } catch (error) {
    putLink(pins, from, programs.xdp(), []);
    throw error;
  } finally {
    for (const undo of stopgap) undo();
  }
}

function refuseForeign(pins: Pins, ifindex: number, device: string): void {
  const running = xdpProgramOn(ifindex);
  if (running === undefined || ownPrograms(pins, ifindex).includes(running)) return;
  throw foreign(device, { id: running, name: programName(running) });
}

function ownPrograms(pins: Pins, ifindex: number): number[] {
  const own = pins.links().filter((link) => link.ifindex === ifindex);
  return own.flatMap((link) => {
    const fd = pins.openLink(link);
    if (fd === undefined) return [];
    try {
      return [linkInfo(fd).programId];
    } finally {
      closeSync(fd);
    }
  });
}

function foreign(device: string, { id, name }: { id: number; name: string | undefined }): Error {
  return new Error(
    `${device} runs a BPF program that is not ours: ${name ?? 'its name cannot be read'} (id ${id}). It is left alone. Detach it, or choose another mode`,
  );
}

/** Classic tc, which tests use on any kernel. */
export function attachFilter(pins: Pins, ifindex: number, program: number): 'added' | 'replaced' {
  const filter = { ...FILTER, ifindex };
  const running = filterProgram(filter);
  if (running !== undefined && running.name !== TC_PROGRAM) throw foreign(`interface ${ifindex}`, running);
  if (addClsact(ifindex)) pins.remember('qdiscs', ifindex);
  try {
    putFilter(filter, program, running !== undefined);
  } catch (error) {
    if (!(error instanceof SyscallError) || error.errno !== 'EEXIST') throw error;
    const at = `priority ${FILTER.priority}, handle ${FILTER.handle}`;
    throw new Error(
      `interface ${ifindex} has a filter of somebody else at ${at}. It is left alone. Move it, or remove it`,
    );
  }
  pins.remember('filters', ifindex);
  return running === undefined ? 'added' : 'replaced';
}

function dropFilter(pins: Pins, ifindex: number): void {
  removeFilter({ ...FILTER, ifindex });
  pins.forget('filters', ifindex);
  if (!pins.remembered('qdiscs').includes(ifindex)) return;
  removeClsact(ifindex);
  pins.forget('qdiscs', ifindex);
}

function dropOthers(pins: Pins, interfaces: DatapathInterface[], mode: BpfMode): void {
  const isPort = (ifindex: number): boolean => interfaces.some((iface) => iface.ifindex === ifindex);
  for (const link of pins.links()) if (modeOf(link.kind) !== mode || !isPort(link.ifindex)) pins.dropLink(link);
  for (const ifindex of pins.remembered('filters')) if (mode !== 'tc' || !isPort(ifindex)) dropFilter(pins, ifindex);
}
