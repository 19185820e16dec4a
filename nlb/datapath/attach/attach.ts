import { closeSync } from 'node:fs';
import { createLink, type LinkKind, linkInfo, programName, updateLink, xdpProgramOn } from '../../kernel/bpf-link.ts';
import { KernelRefusal } from '../../kernel/refusal.ts';
import { addClsact, filterProgram, putFilter, removeClsact, removeFilter } from '../../kernel/tc-filter.ts';
import type { PinnedLink, Pins } from './pins.ts';
import type { Port } from './ports.ts';

/** How frames reach a program in the kernel, fastest first. */
export type BpfMode = 'xdp' | 'xdp-generic' | 'tc';
export type DatapathMode = BpfMode | 'userspace';

/** Descriptors of the two programs, of which one is loaded when it is asked for. */
export interface Programs {
  xdp(): number;
  tc(): number;
}

const MODES: BpfMode[] = ['xdp', 'xdp-generic', 'tc'];
const TC_PROGRAM = 'onevip_tc';
/** Number and place of our classic filter among those of an interface. */
export const FILTER = { handle: 0x1171, priority: 1171 };
/** What a kernel without tcx says to the attach type that it does not know. */
const NO_TCX = ['EINVAL', 'EOPNOTSUPP'];

/**
 * Attach to every port in one and the same mode: the wanted one, or, for `auto`, the first that works on all of them,
 * beginning with the mode of an earlier life. Links of an earlier life get the new program without a gap; those that are
 * no longer wanted go. Throws an Error that names a program of somebody else's, which is never displaced, or that says
 * why each mode was refused.
 */
export function attach(pins: Pins, ports: Port[], programs: Programs, wanted: 'auto' | BpfMode): BpfMode {
  const refusals: string[] = [];
  for (const mode of wanted === 'auto' ? candidates(pins) : [wanted]) {
    try {
      attachAll(pins, ports, programs, mode);
      dropOthers(pins, ports, mode);
      return mode;
    } catch (error) {
      if (!(error instanceof KernelRefusal)) throw error;
      refusals.push(`${mode}: ${error.message}`);
    }
  }
  throw new Error(`The data path could not be attached.\n${refusals.join('\n')}`);
}

/** Detach from everything that the pins know of. Throws KernelRefusal. */
export function detachAll(pins: Pins): void {
  for (const link of pins.links()) pins.dropLink(link);
  for (const ifindex of pins.remembered('filters')) dropFilter(pins, ifindex);
}

const modeOf = (kind: LinkKind): BpfMode => (kind === 'tcx' ? 'tc' : kind);

function candidates(pins: Pins): BpfMode[] {
  const before = pins.links().map(({ kind }) => modeOf(kind));
  if (pins.remembered('filters').length > 0) before.push('tc');
  return [...new Set([...before, ...MODES])];
}

type Undo = () => void;

/** On every port or, when one of them refuses, on none that was not attached before. */
function attachAll(pins: Pins, ports: Port[], programs: Programs, mode: BpfMode): void {
  const made: Undo[] = [];
  try {
    for (const { ifindex, device } of ports) {
      if (mode === 'tc') attachTc(pins, ifindex, programs.tc(), made);
      else {
        refuseForeign(pins, ifindex, device);
        dropOtherXdp(pins, ifindex, mode);
        putLink(pins, { kind: mode, ifindex }, programs.xdp(), made);
      }
    }
  } catch (error) {
    for (const undo of made) undo();
    throw error;
  }
}

function attachTc(pins: Pins, ifindex: number, program: number, made: Undo[]): void {
  try {
    putLink(pins, { kind: 'tcx', ifindex }, program, made);
  } catch (error) {
    if (!(error instanceof KernelRefusal) || !NO_TCX.includes(error.errno)) throw error;
    if (attachFilter(pins, ifindex, program) === 'added') made.push(() => dropFilter(pins, ifindex));
  }
}

/** Give an existing link the program, or make the link. */
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
    // The interface that it was for is gone, and its number went to another one.
    pins.dropLink(link);
  }
  pins.keepLink(link, createLink(program, link.ifindex, link.kind));
  made.push(() => pins.dropLink(link));
}

/** Driver and generic mode exclude each other on one interface. */
function dropOtherXdp(pins: Pins, ifindex: number, mode: BpfMode): void {
  const others = pins.links().filter((link) => link.ifindex === ifindex && link.kind !== 'tcx' && link.kind !== mode);
  for (const link of others) pins.dropLink(link);
}

function refuseForeign(pins: Pins, ifindex: number, device: string): void {
  const running = xdpProgramOn(ifindex);
  if (running === undefined || ownPrograms(pins, ifindex).includes(running)) return;
  throw foreign(device, running);
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

function foreign(device: string, id: number): Error {
  const name = programName(id) ?? 'without a name';
  return new Error(
    `${device} runs a BPF program that is not ours: ${name} (id ${id}). It is left alone. Detach it, or choose another mode`,
  );
}

/** Classic tc, which tests use on any kernel. */
export function attachFilter(pins: Pins, ifindex: number, program: number): 'added' | 'replaced' {
  const filter = { ...FILTER, ifindex };
  const running = filterProgram(filter);
  if (running !== undefined && programName(running) !== TC_PROGRAM) throw foreign(`interface ${ifindex}`, running);
  if (addClsact(ifindex)) pins.remember('qdiscs', ifindex);
  try {
    putFilter(filter, program, running !== undefined);
  } catch (error) {
    if (!(error instanceof KernelRefusal) || error.errno !== 'EEXIST') throw error;
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

function dropOthers(pins: Pins, ports: Port[], mode: BpfMode): void {
  const isPort = (ifindex: number): boolean => ports.some((port) => port.ifindex === ifindex);
  for (const link of pins.links()) if (modeOf(link.kind) !== mode || !isPort(link.ifindex)) pins.dropLink(link);
  for (const ifindex of pins.remembered('filters')) if (mode !== 'tc' || !isPort(ifindex)) dropFilter(pins, ifindex);
}
